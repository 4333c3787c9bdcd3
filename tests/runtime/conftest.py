"""The deployment package, running against LocalStack's bucket."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.emulators import S3Emulator
from tests.runtime.deployed import Deployed
from tests.runtime.package import Unpacked, unpacked


@pytest.fixture(scope="session")
def package() -> Unpacked:
    """The deployment package, unzipped."""
    return unpacked()


@pytest.fixture(scope="module")
def deployed(
    package: Unpacked, localstack: S3Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    """A deployment with open access and a bucket of its own; a module's tests share it under names of their own."""
    with ExitStack() as stack:
        logs = tmp_path_factory.mktemp("logs")
        yield Deployed(package, localstack, localstack.new_bucket(), logs, stack=stack)
