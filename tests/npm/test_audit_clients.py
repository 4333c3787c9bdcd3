"""Real clients audit a project against a registry that has taken advisories in: what they print and how they exit."""

import io
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.cli.__main__ import main
from chalicelib.cli.environment import Environment
from tests.domain.advisories.records import COMMAND_INJECTION, affected, osv
from tests.servers import serving

ADMIN: Final = "the-operators-own-token"
BUN: Final = Path(__file__).parents[1] / "node_modules/@oven/bun-linux-x64-baseline/bin/bun"
MINUTE: Final = 60
GHSA: Final = "GHSA-35jh-r3h4-6jhm"

RECORDS: Final = [
    osv(
        affected=[affected("lodash", [{"introduced": "0"}, {"fixed": "4.17.21"}])],
        summary="Command Injection in lodash",
        severity=[{"type": "CVSS_V3", "score": COMMAND_INJECTION}],
        database_specific={"severity": "HIGH", "cwe_ids": ["CWE-77"]},
    ),
    osv("GHSA-aaaa-aaaa-aaaa", "lodash", events=[{"introduced": "5.0.0"}], summary="Of no version here"),
    osv("GHSA-bbbb-bbbb-bbbb", "@acme/widget", withdrawn="2026-01-02T00:00:00Z", summary="Withdrawn"),
]
DEPENDENCIES: Final = {"lodash": "4.17.20", "@acme/widget": "1.0.0", "is-odd": "3.0.1"}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry that has taken the records in, by the prism command, and wants no token for reads."""
    root = tmp_path_factory.mktemp("registry")
    (root / "records.json").write_text(json.dumps(RECORDS))
    with serving(root / "store", PRISM_ACCESS="open", PRISM_ADMIN_TOKEN=ADMIN) as server:
        env = Environment(
            stdout=io.StringIO(), environ={"PRISM_REGISTRY_URL": server.url, "PRISM_TOKEN": ADMIN}
        )
        assert main(["advisories", "import", str(root / "records.json")], env) == 0
        yield server.url


def project(root: Path, version: str = "4.17.20") -> Path:
    """Make a project that has locked its dependencies, in npm's way and in Bun's."""
    wanted = DEPENDENCIES | {"lodash": version}
    manifest = {"name": "app", "version": "1.0.0", "dependencies": wanted}
    places = {f"node_modules/{name}": {"version": number} for name, number in wanted.items()}
    lock = {**manifest, "lockfileVersion": 3, "requires": True, "packages": {"": manifest, **places}}
    packages = {name: [f"{name}@{number}", "", {}, "sha512-AA=="] for name, number in wanted.items()}
    root.mkdir()
    (root / "package.json").write_text(json.dumps(manifest))
    (root / "package-lock.json").write_text(json.dumps(lock))
    (root / "bun.lock").write_text(
        json.dumps({"lockfileVersion": 1, "workspaces": {"": manifest}, "packages": packages})
    )
    return root


def run(folder: Path, registry: str, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a client in a project, with a home of its own."""
    (folder / ".npmrc").write_text(f"registry={registry}/npm/\n")
    home = folder.parent / "home"
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "NPM_CONFIG_CACHE": str(home / "cache")}
    return subprocess.run(
        command,
        cwd=folder,
        env={**environ, "NPM_CONFIG_UPDATE_NOTIFIER": "false", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=MINUTE,
        check=False,
    )


def told(done: "subprocess.CompletedProcess[str]") -> Any:
    """Answer the JSON that a client printed."""
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_npm_tells_of_what_affects_a_project_and_fails(registry: str, tmp_path: Path) -> None:
    done = run(project(tmp_path / "app"), registry, "npm", "audit", "--json")

    report = told(done)
    assert done.returncode == 1
    assert report["metadata"]["vulnerabilities"] == {
        "info": 0,
        "low": 0,
        "moderate": 0,
        "high": 1,
        "critical": 0,
        "total": 1,
    }
    (via,) = report["vulnerabilities"]["lodash"]["via"]
    assert (via["title"], via["severity"], via["range"]) == (
        "Command Injection in lodash",
        "high",
        "<4.17.21",
    )
    assert via["url"] == f"https://github.com/advisories/{GHSA}"
    assert (via["cwe"], via["cvss"]) == (["CWE-77"], {"score": 7.2, "vectorString": COMMAND_INJECTION})


def test_npm_prints_the_severity_and_where_to_read_more(registry: str, tmp_path: Path) -> None:
    done = run(project(tmp_path / "app"), registry, "npm", "audit")

    assert "Severity: high" in done.stdout
    assert f"Command Injection in lodash - https://github.com/advisories/{GHSA}" in done.stdout
    assert "1 high severity vulnerability" in done.stdout


def test_npm_passes_what_is_severe_at_a_higher_level_only(registry: str, tmp_path: Path) -> None:
    folder = project(tmp_path / "app")

    assert run(folder, registry, "npm", "audit", "--audit-level=high").returncode == 1
    assert run(folder, registry, "npm", "audit", "--audit-level=critical").returncode == 0


def test_npm_finds_nothing_in_a_project_that_nothing_affects(registry: str, tmp_path: Path) -> None:
    done = run(project(tmp_path / "app", "4.17.21"), registry, "npm", "audit")

    assert (done.returncode, done.stdout.strip()) == (0, "found 0 vulnerabilities")


def test_bun_tells_of_what_affects_a_project_and_fails(registry: str, tmp_path: Path) -> None:
    folder = project(tmp_path / "app")

    done = run(folder, registry, str(BUN), "audit", "--json")

    assert done.returncode == 1, done.stderr
    assert [entry["severity"] for entry in told(done)["lodash"]] == ["high"]
    assert "Command Injection in lodash" in run(folder, registry, str(BUN), "audit").stdout


def test_bun_finds_nothing_in_a_project_that_nothing_affects(registry: str, tmp_path: Path) -> None:
    done = run(project(tmp_path / "app", "4.17.21"), registry, str(BUN), "audit")

    assert done.returncode == 0, done.stderr
    assert "No vulnerabilities found" in done.stdout + done.stderr
