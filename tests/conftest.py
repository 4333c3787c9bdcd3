"""What every test may ask for."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Examples take as long as the machine lets them, and it may be busy: how long is no finding.
settings.register_profile("prism", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("prism")

pytest.register_assert_rewrite("chalicelib.storage.testing.contract")

from tests import emulators  # noqa: E402 - what is imported is rewritten no more


@pytest.fixture(scope="session")
def s3_emulator() -> Iterator[emulators.S3Emulator]:
    """An S3 emulator for this test process."""
    with emulators.s3_emulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[emulators.S3Emulator]:
    """LocalStack's S3 and SQS for this test process."""
    with emulators.localstack_emulator(tmp_path_factory.mktemp("localstack") / "log") as emulator:
        yield emulator
