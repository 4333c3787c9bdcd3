"""A program runs in the real Deno through the import map of its graph, against the real server."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import app
from chalicelib.api.local.server import running
from chalicelib.container import installed
from tests.deno import deno
from tests.worlds import memory_world, publish

PROGRAM = """
import { told } from "app";
import again from "app/again";
import { base } from "base";
console.log(JSON.stringify([told, again, base]));
"""


@pytest.fixture
def url() -> Iterator[str]:
    world = memory_world()
    publish(world.container, "1.0.0", name="base", files={"index.js": 'export const base = "base 1";\n'})
    publish(
        world.container,
        "2.0.0",
        name="base",
        main=None,
        exports={".": {"deno": "./deno.js", "default": "./node.js"}},
        files={"deno.js": 'export const base = "base 2 on deno";\n', "node.js": "throw new Error();\n"},
    )
    publish(
        world.container,
        name="app",
        dependencies={"base": "^1.0.0"},
        exports={".": "./index.js", "./again": "./again.js"},
        imports={"#words": "./words.js"},
        files={
            "index.js": (
                'import { base } from "base";\nimport { over } from "#words";\n'
                "export const told = `app ${over} ${base}`;\n"
            ),
            "words.js": 'export const over = "over";\n',
            "again.js": 'export { told as default } from "./index.js";\n',
        },
    )
    with installed(world.container), running(app) as address:
        yield address


def import_map(url: str, specs: list[str]) -> Any:
    """Answer the import map of a graph."""
    asked = urllib.request.Request(
        f"{url}/v1/resolve/graph",
        data=json.dumps({"specs": specs, "runtimes": ["deno"], "baseUrl": url}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)["importmap"]


def test_each_importer_gets_its_own_version_of_what_it_imports(url: str, tmp_path: Path) -> None:
    found = import_map(url, ["app", "base@2"])
    (tmp_path / "map.json").write_text(json.dumps(found))
    (tmp_path / "main.js").write_text(PROGRAM)

    host = url.removeprefix("http://")
    ran = subprocess.run(
        [deno(), "run", "--no-lock", "--import-map=map.json", f"--allow-import={host}", "main.js"],
        cwd=tmp_path,
        env={"DENO_DIR": str(tmp_path / "deno"), "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == ["app over base 1", "app over base 1", "base 2 on deno"]
    assert list(found["scopes"]) != []
