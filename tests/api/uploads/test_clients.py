"""Real clients of tus upload to the local server, interrupted and resumed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import serving
from tests.uploads.scenarios import SCENARIOS, Scenario, Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The local server over a folder."""
    with serving(tmp_path_factory.mktemp("storage")) as server:
        yield Site(f"{server.url}/v1/uploads")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_client_uploads_to_the_local_server(site: Site, scenario: Scenario, tmp_path: Path) -> None:
    scenario(site, tmp_path)
