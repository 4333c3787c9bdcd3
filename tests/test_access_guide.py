"""The guide to access is followed as it is written, on a registry that asks for tokens."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from chalicelib.domain.tokens import configured_digest, digest_of
from tests.deno import deno
from tests.servers import environment, serving

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "guides" / "control-access.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
[DENO] = re.findall(r"```text\n(.*?)```", GUIDE, re.DOTALL)


def run(script: str, folder: Path, **variables: str) -> str:
    """Run a script in a folder, with the prism command at hand; answers what it printed."""
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment({"PATH": path, **variables}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def admin(tmp_path: Path) -> dict[str, str]:
    """The admin's token and what the registry is told of it, made as the guide says."""
    printed = run(BLOCKS[0] + '\necho "$ADMIN_TOKEN"\n', tmp_path).split()
    assert configured_digest(printed[0]) == digest_of(printed[1])
    return {"setting": printed[0], "token": printed[1]}


def test_every_command_of_the_guide_works_in_the_order_it_is_written(
    admin: dict[str, str], tmp_path: Path
) -> None:
    with serving(tmp_path / "storage", PRISM_ACCESS="token", PRISM_ADMIN_TOKEN=admin["setting"]) as server:
        assert "asks for tokens" in server.greeting
        printed = run(
            "\n".join(BLOCKS[1:]), tmp_path, ADMIN_TOKEN=admin["token"], PRISM_REGISTRY_URL=server.url
        )

    secrets = [(tmp_path / name).read_text().strip() for name in ("root.token", "ci.token")]
    stored = b"".join(path.read_bytes() for path in (tmp_path / "storage").rglob("*") if path.is_file())
    assert len(BLOCKS) == 7
    assert re.search(r"Name +ci-acme", printed)
    assert re.search(r"ci-\* +@acme/\*", printed)
    assert "Revoked" in printed
    assert '"action":"token.revoke"' in printed
    assert all(secret.encode() not in stored for secret in [admin["token"], *secrets])


def test_a_program_for_deno_imports_with_a_token_and_not_without(
    admin: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "package.json").write_text('{"name": "greeter", "version": "1.0.0", "type": "module"}')
    (tmp_path / "index.js").write_text('export const greeting = "Hello";')
    path = f"{deno().parent}{os.pathsep}{os.environ['PATH']}"
    with serving(tmp_path / "storage", PRISM_ACCESS="token", PRISM_ADMIN_TOKEN=admin["setting"]) as server:
        run("prism publish", tmp_path, PRISM_TOKEN=admin["token"], PRISM_REGISTRY_URL=server.url)
        entry = f"{server.url}/packages/greeter/1.0.0/index.js"
        (tmp_path / "main.ts").write_text(f'import {{ greeting }} from "{entry}"; console.log(greeting);')
        command = DENO.replace("127.0.0.1:8000", server.url.removeprefix("http://"))

        refused = run(f"! ({command}) 2>&1", tmp_path, PATH=path, DENO_DIR=".deno", PRISM_TOKEN="another")
        told = run(command, tmp_path, PATH=path, DENO_DIR=".deno", PRISM_TOKEN=admin["token"])

    assert "401 Unauthorized" in refused
    assert told == "Hello\n"
