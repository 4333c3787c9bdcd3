"""A large upload passes through the event function in little memory."""

import os
import tarfile
from io import BytesIO

from tests.builders import content_bytes, package_json
from tests.runtime.deployed import Deployed
from tests.runtime.function import UPLOADS_HANDLER

MIB = 1 << 20
PEAK = 256 * MIB


def large_tarball() -> bytes:
    """Answer a tarball of 60 MB as `tar` writes it: files that do not compress, and very many small ones."""
    files = {"package.json": content_bytes(package_json("heavy", main="small/0.js"))}
    files |= {f"noise/{number}.bin": os.urandom(5_000_000) for number in range(11)}
    files |= {"noise/large.bin": os.urandom(9_000_000)}
    files |= {f"small/{number}.js": f"export default {number}\n".encode() * 20 for number in range(4_000)}
    written = BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz", compresslevel=1) as archive:
        for path, data in files.items():
            info = tarfile.TarInfo(f"package/{path}")
            info.size = len(data)
            archive.addfile(info, BytesIO(data))
    return written.getvalue()


def test_a_tarball_of_60_megabytes_is_published_in_less_than_256(deployed: Deployed) -> None:
    data = large_tarball()
    key = deployed.drop("heavy", data)
    function = deployed.start(UPLOADS_HANDLER, timeout=120)

    verdict = deployed.announce(key, to=function)["verdicts"][key]

    assert len(data) > 60_000_000
    assert verdict["status"] == "published"
    assert function.peak_bytes < PEAK
