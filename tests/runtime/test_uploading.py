"""Real clients of tus upload to the deployment package, through the gateway's stand-in."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chalicelib.container import Container
from chalicelib.domain.uploads.ids import Fid
from tests.api.uploads.talking import CHUNK, TUS
from tests.runtime.deployed import Deployed
from tests.runtime.front import Fleet, serving
from tests.uploads.scenarios import SCENARIOS, Scenario, Site
from tests.worlds import s3_world


@pytest.fixture(scope="module")
def site(deployed: Deployed) -> Iterator[Site]:
    """The gateway's address, with up to two processes behind it, and the bucket to read large uploads from."""
    bucket = Container(s3_world(deployed.emulator.endpoint, deployed.bucket).settings)

    def read(url: str) -> bytes:
        sid, uuid = url.split("/")[-2:]
        return b"".join(bucket.uploading.open(Fid.of(sid, uuid)))

    with serving(deployed.gateway, Fleet(deployed.start, most=2).invoke) as front:
        yield Site(f"{front.url}/v1/uploads", read)


@pytest.mark.parametrize("size", [(4 << 20) + 1, 5 << 20, 11 << 20])
def test_a_chunk_that_is_too_large_is_refused_with_what_is_not(deployed: Deployed, size: int) -> None:
    begun = deployed.send("POST", "/v1/uploads", headers={**TUS, "Upload-Length": str(64 << 20)})
    address = urlsplit(str(begun.header("location"))).path

    refused = deployed.send(
        "PATCH", address, headers={**TUS, **CHUNK, "Upload-Offset": "0"}, body=bytes(size)
    )

    assert refused.status == 413
    assert "max-append-size=4194304" in str(refused.header("upload-limit"))
    assert refused.header("access-control-allow-origin") == "*"
    assert "Upload-Limit" in str(refused.header("access-control-expose-headers"))
    assert deployed.send("HEAD", address, headers=TUS).header("upload-offset") == "0"


def test_a_status_of_tus_alone_passes_the_gateway(deployed: Deployed) -> None:
    wrong = {"Upload-Checksum": "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=", "Upload-Length": "5"}

    refused = deployed.send("POST", "/v1/uploads", headers={**TUS, **CHUNK, **wrong}, body=b"jello")

    assert (refused.status, refused.json["code"]) == (460, "checksum_mismatch")
    assert refused.header("tus-resumable") == "1.0.0"


def test_checksums_after_the_bytes_are_not_offered(deployed: Deployed) -> None:
    offered = deployed.send("OPTIONS", "/v1/uploads")

    assert offered.status == 204
    assert "checksum-trailer" not in str(offered.header("tus-extension"))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_client_uploads_to_the_deployment_package(site: Site, scenario: Scenario, tmp_path: Path) -> None:
    scenario(site, tmp_path)
