"""An AWS account as the tools reach it, and what `chalice deploy` has put there."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import botocore.session
from botocore.config import Config

from deployment.stage import API, FUNCTIONS, ROOT, Stage

DEPLOYED: Final = ROOT / ".chalice" / "deployed"
"""Where Chalice notes what it has deployed."""


class NotDeployed(Exception):
    """Chalice has not deployed a stage from here."""


class NoRegion(Exception):
    """Nothing says which region is meant."""


class WrongRegion(Exception):
    """A stage is deployed in another region than the one that was chosen."""


ENDURING: Final = Config(retries={"mode": "standard", "max_attempts": 10})
"""API Gateway takes one deployment in five seconds, and Chalice has just made one."""


class Account:
    """The account that the credentials in the environment belong to, in one region."""

    def __init__(self, region: str | None = None) -> None:
        self._session = botocore.session.get_session()
        chosen = region or self._session.get_config_variable("region")
        if not chosen:
            raise NoRegion("no region is chosen; give --region, or set AWS_DEFAULT_REGION")
        self.region = str(chosen)
        self._clients: list[Any] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()

    def _client(self, service: str) -> Any:
        client = self._session.create_client(service, region_name=self.region, config=ENDURING)
        self._clients.append(client)
        return client

    @cached_property
    def s3(self) -> Any:
        """Buckets."""
        return self._client("s3")

    @cached_property
    def functions(self) -> Any:
        """Lambda."""
        return self._client("lambda")

    @cached_property
    def queues(self) -> Any:
        """SQS."""
        return self._client("sqs")

    @cached_property
    def logs(self) -> Any:
        """CloudWatch's logs."""
        return self._client("logs")

    @cached_property
    def alarms(self) -> Any:
        """CloudWatch's alarms."""
        return self._client("cloudwatch")

    @cached_property
    def gateway(self) -> Any:
        """API Gateway."""
        return self._client("apigateway")


@dataclass(frozen=True, slots=True)
class Deployed:
    """What `chalice deploy` made of a stage: functions by name, and the API."""

    arns: dict[str, str]
    api_id: str
    url: str

    @property
    def account_id(self) -> str:
        """The number of the account that the functions are in."""
        return self.arns[API].split(":")[4]


def read_deployed(stage: Stage, folder: Path = DEPLOYED) -> Deployed:
    """Answer what was deployed of a stage; raises NotDeployed."""
    by_name = {resource["name"]: resource for resource in _noted(stage, folder)}
    missing = [name for name in (*FUNCTIONS, "rest_api") if name not in by_name]
    if missing:
        raise NotDeployed(
            f"{', '.join(missing)} of stage {stage.name} not deployed; run `make deploy STAGE={stage.name}`"
        )
    api = by_name["rest_api"]
    arns = {name: by_name[name]["lambda_arn"] for name in FUNCTIONS}
    return Deployed(arns, api["rest_api_id"], api["rest_api_url"])


def check_region(account: Account, stage: Stage, folder: Path = DEPLOYED) -> None:
    """Make sure that what was deployed of a stage is in the account's region; raises WrongRegion."""
    regions = {noted["lambda_arn"].split(":")[3] for noted in _noted(stage, folder) if "lambda_arn" in noted}
    if regions - {account.region}:
        there = ", ".join(sorted(regions))
        raise WrongRegion(
            f"stage {stage.name} is deployed in {there}, not in {account.region}; give --region {there}"
        )


def _noted(stage: Stage, folder: Path) -> list[dict[str, Any]]:
    path = folder / f"{stage.name}.json"
    noted: list[dict[str, Any]] = json.loads(path.read_text())["resources"] if path.exists() else []
    return noted
