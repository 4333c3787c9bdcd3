"""A tarball that is sent to the bucket is published on the emulation, by the lines of the guide and without a call."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from localstack.host import ROOT
from tests.builders import package_json, tarball
from tests.localstack.emulations import Running, emulating

GUIDE = ROOT / "docs" / "guides" / "upload-direct.md"


def test_the_guides_lines_publish_and_so_does_the_bucket_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), flags=re.DOTALL | re.MULTILINE)
    (tmp_path / "hello-1.0.0.tgz").write_bytes(tarball({"package.json": package_json("hello")}))
    monkeypatch.chdir(tmp_path)
    with emulating(tmp_path / "logs") as running:
        monkeypatch.setenv("PRISM_REGISTRY_URL", running.url)
        monkeypatch.delenv("PRISM_TOKEN", raising=False)
        namespace: dict[str, Any] = {}
        for block in blocks:
            exec(compile(block, str(GUIDE), "exec"), namespace)
        told = published_by_the_event(running, namespace)
        head = json.loads(running.read("heads/hello.json") or b"{}")

    assert len(blocks) == 2
    assert (told["status"], told["version"]) == ("published", "1.0.1")
    assert {event["actor"] for event in head["events"]} == {"Ada", "anonymous"}
    assert head["view"]["tags"]["next"] == "1.0.1"
    assert capsys.readouterr().out.splitlines() == ["published"] * 2


def published_by_the_event(running: Running, guide: dict[str, Any]) -> dict[str, Any]:
    """Send a tarball by the guide's functions, say nothing, and answer what became of it."""
    data = tarball({"package.json": package_json("hello", "1.0.1")})
    asked = {
        "name": "hello",
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "tag": "next",
        "publisher": {"name": "Ada"},
    }
    begun = guide["ask"]("POST", "/v1/uploads/direct", asked)
    guide["send"](begun["write"], data)
    return running.verdict(f"direct/{begun['id']}")
