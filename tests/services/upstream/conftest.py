"""An upstream for each test."""

from collections.abc import Iterator

import pytest

from tests.upstreams import Upstream, upstream


@pytest.fixture
def behind() -> Iterator[Upstream]:
    with upstream() as registry:
        yield registry
