"""What somebody sees and gets who is sent the link of a bucket, in a real browser."""

import json
import os
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any

from tests.browser.chromium import HERE, visit
from tests.servers import serving

NAME = "Zürich report & plan.pdf"
PASSWORD = "open sesame, café"


def sent(url: str, data: bytes) -> str:
    """Send a file into a bucket with a password, and answer the bucket's link."""
    made = ask(f"{url}/v1/buckets", json.dumps({"password": PASSWORD}).encode())
    described = {"filename": NAME, "filetype": "application/pdf", "sid": made["sid"]}
    ask(
        f"{url}/v1/uploads",
        data,
        **{
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(data)),
            "Upload-Metadata": ",".join(
                f"{key} {b64encode(value.encode()).decode()}" for key, value in described.items()
            ),
            "Prism-Owner-Key": made["ownerKey"],
            "Content-Type": "application/offset+octet-stream",
        },
    )
    return str(made["url"])


def ask(url: str, body: bytes, **headers: str) -> Any:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


def test_who_has_link_and_password_sees_the_files_and_downloads_them(tmp_path: Path) -> None:
    data = os.urandom(1_500_000)
    with serving(tmp_path / "storage", PRISM_STORAGE_DRIVER="filesystem") as server:
        link = sent(server.url, data)
        visited = visit(HERE / "receive.mjs", {"address": link, "password": PASSWORD}, tmp_path)
    seen = visited.result
    assert seen["asked"] == "A password is needed"
    assert "Try again" in seen["refused"]
    assert seen["heading"] == "One file"
    assert [file.splitlines()[0] for file in seen["files"]] == [NAME]
    assert seen["width"] == "672px", "the page's own style is in force"
    assert seen["downloaded"]["name"] == NAME
    assert Path(seen["downloaded"]["path"]).read_bytes() == data
    assert {link} == {request["url"] for request in visited.requests}
    assert all("401" in complaint for complaint in visited.complaints), visited.complaints
