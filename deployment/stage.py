"""A stage as `.chalice/config.json` describes it: the one place where stages differ."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
CONFIG: Final = ROOT / ".chalice" / "config.json"

API: Final = "api_handler"
BUCKET_FUNCTIONS: Final = ("publish_uploads", "derive_packages", "run_jobs")
"""The functions that the bucket calls."""
SCHEDULED_FUNCTIONS: Final = ("sweep",)
"""The functions that a schedule calls, which `app.py` sets."""
EVENT_FUNCTIONS: Final = (*BUCKET_FUNCTIONS, *SCHEDULED_FUNCTIONS)
"""The functions that nobody waits for: what they fail on is repeated, and then kept."""
FUNCTIONS: Final = (API, *EVENT_FUNCTIONS)

LEAST_STORAGE: Final = 512
"""What every function has below /tmp, in MiB, and what costs nothing."""


class UnknownStage(Exception):
    """No stage has this name."""


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function of a stage; `timeout` is in seconds, `memory` and `storage` in MiB.

    `storage` is what there is below /tmp, `concurrency` None for no limit.
    """

    name: str
    full_name: str
    timeout: int
    memory: int
    storage: int
    concurrency: int | None

    @property
    def log_group(self) -> str:
        """The log group that Lambda writes to."""
        return f"/aws/lambda/{self.full_name}"

    @property
    def dead_letters(self) -> str:
        """The queue of events that this function gave up."""
        return f"{self.full_name}-dead-letters"

    @property
    def schedule(self) -> str:
        """The rule by which a schedule calls this function, if one does, as Chalice names it."""
        return f"{self.full_name}-event"

    @property
    def logical_id(self) -> str:
        """What the packaged template calls it."""
        return "APIHandler" if self.name == API else camel(self.name)


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage consists of; `prefix` is empty or ends with a slash."""

    name: str
    app: str
    api_stage: str
    bucket: str
    prefix: str
    admin_token: str
    registry_url: str
    functions: Mapping[str, Function]
    traced: bool
    custom_domain: bool
    log_retention_days: int

    @property
    def events(self) -> list[Function]:
        """The functions that nobody waits for."""
        return [self.functions[name] for name in EVENT_FUNCTIONS]

    @property
    def bucket_functions(self) -> list[Function]:
        """The functions that the bucket calls."""
        return [self.functions[name] for name in BUCKET_FUNCTIONS]

    @property
    def scheduled_functions(self) -> list[Function]:
        """The functions that a schedule calls."""
        return [self.functions[name] for name in SCHEDULED_FUNCTIONS]

    @property
    def policy_files(self) -> dict[str, str]:
        """The name of each function's policy file below `.chalice`."""
        return {name: f"policy-{self.name}-{name}.json" for name in self.functions}


def camel(name: str) -> str:
    """Answer a name as templates write it."""
    return "".join(part.capitalize() for part in name.split("_"))


def read_config(path: Path = CONFIG) -> dict[str, Any]:
    """Answer the configuration file."""
    config: dict[str, Any] = json.loads(path.read_text())
    return config


def stage_names(path: Path = CONFIG) -> list[str]:
    """Answer the names of all stages."""
    return list(read_config(path)["stages"])


def read_stage(name: str, path: Path = CONFIG) -> Stage:
    """Answer a stage; raises UnknownStage."""
    config = read_config(path)
    if name not in config["stages"]:
        raise UnknownStage(f"`{name}` is none of the stages {', '.join(config['stages'])}")
    own = config["stages"][name]
    variables = {**config.get("environment_variables", {}), **own["environment_variables"]}
    prefix = variables["PRISM_S3_PREFIX"].strip("/")
    return Stage(
        name=name,
        app=config["app_name"],
        api_stage=own["api_gateway_stage"],
        bucket=variables["PRISM_S3_BUCKET"],
        prefix=f"{prefix}/" if prefix else "",
        admin_token=variables.get("PRISM_ADMIN_TOKEN", ""),
        registry_url=variables.get("PRISM_REGISTRY_URL", ""),
        functions={function: _function(config, name, function) for function in FUNCTIONS},
        traced=bool(own.get("xray", config.get("xray", False))),
        custom_domain="api_gateway_custom_domain" in own,
        log_retention_days=own["deployment"]["log_retention_days"],
    )


def _function(config: Mapping[str, Any], stage: str, name: str) -> Function:
    own = config["stages"][stage]
    # Chalice's own order of precedence.
    places = (
        own.get("lambda_functions", {}).get(name, {}),
        own,
        config.get("lambda_functions", {}).get(name, {}),
        config,
    )
    found = {key: value for place in reversed(places) for key, value in place.items()}
    base = f"{config['app_name']}-{stage}"
    return Function(
        name=name,
        # Chalice names the function of the API after the stage alone.
        full_name=base if name == API else f"{base}-{name}",
        timeout=found["lambda_timeout"],
        memory=found["lambda_memory_size"],
        storage=found.get("ephemeral_storage", LEAST_STORAGE),
        concurrency=found.get("reserved_concurrency"),
    )
