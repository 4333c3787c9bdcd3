"""What the tests of deployment share: every call the functions make, an AWS account, and clients of it."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from tests.deployment import aws
from tests.deployment.driving import Recorder, drive
from tests.emulators import S3Emulator


@pytest.fixture(scope="session")
def recorded(s3_emulator: S3Emulator) -> Recorder:
    """Give what every function asks of S3 when it does everything it does."""
    recorder = Recorder(s3_emulator.endpoint, s3_emulator.new_bucket())
    drive(recorder)
    recorder.medium.client.close()  # type: ignore[attr-defined]  # it is the driver of S3
    return recorder


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    """Give the address of an AWS account with nothing in it."""
    with aws.aws() as endpoint:
        yield endpoint


@pytest.fixture
def clients(account: str) -> Iterator[Any]:
    """Give a maker of clients for the account."""
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = botocore.session.get_session().create_client(
                service,
                endpoint_url=account,
                region_name=aws.REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return made[service]

    yield client
    for opened in made.values():
        opened.close()
