"""Install a real application through a mirror, and once more while the upstream is away.

python -m tests.conformance.mirror              the registry that npm is configured for is the upstream
python -m tests.conformance.mirror --keep DIR   leave everything in a folder

Exits with 1 unless both installs bring the same packages, and the application runs after each.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.servers import serving

DEPENDENCIES: Final = (
    "express@^5",
    "webpack@^5",
    "eslint@^9",
    "jest@^29",
    "typescript@^5",
    "react@^19",
    "react-dom@^19",
    "lodash@^4",
    "axios@^1",
    "rollup@^4",
    "@babel/core@^7",
    "@babel/preset-env@^7",
)
PORT: Final = "8751"
NOBODY: Final = "http://127.0.0.1:9"
"""An upstream that is away."""

PROGRAM: Final = """
const assert = require('assert');
const { transformSync } = require('@babel/core');
const made = transformSync('const f = (a) => a ?? 1; f()', { presets: ['@babel/preset-env'], configFile: false });
assert(!made.code.includes('=>'));
assert.strictEqual(require('lodash').chunk([1, 2, 3], 2).length, 2);
const { renderToString } = require('react-dom/server');
assert.strictEqual(renderToString(require('react').createElement('b', null, 'x')), '<b>x</b>');
require('express')();
require('axios');
assert(require('typescript').transpile('let a: number = 1').includes('a = 1'));
const { ESLint } = require('eslint');
const webpack = require('webpack');
webpack({ mode: 'production', entry: './main.js', output: { path: __dirname + '/out' } }, async (error, stats) => {
  assert(!error && !stats.hasErrors());
  const { rollup } = require('rollup');
  await rollup({ input: './main.js' });
  const found = await new ESLint({ overrideConfigFile: true }).lintText('let a = 1;');
  assert.strictEqual(found.length, 1);
  console.log('it runs');
});
"""


@dataclass(frozen=True)
class Installed:
    """What an install came to: its packages with their integrity, and how long it took."""

    packages: dict[str, str]
    seconds: float


def main(arguments: Iterable[str]) -> int:
    """Install twice, and tell what came of it."""
    parser = argparse.ArgumentParser(prog="tests.conformance.mirror", description=__doc__)
    parser.add_argument(
        "--keep", metavar="DIR", type=Path, help="work in a folder and leave everything there"
    )
    chosen = parser.parse_args(list(arguments))
    with _folder(chosen.keep) as folder:
        behind = _registry(folder)
        first = _install(folder, "first", behind)
        second = _install(folder, "second", NOBODY)
        _tell("mirrored", **_sizes(folder / "storage"))
    if first.packages != second.packages:
        differing = sorted(set(first.packages.items()) ^ set(second.packages.items()))
        print(f"the installs differ: {differing[:10]}", file=sys.stderr)
        return 1
    _tell("both installs brought the same", packages=len(first.packages))
    return 0


def _install(folder: Path, name: str, behind: str) -> Installed:
    application = folder / name
    application.mkdir()
    dependencies = dict(_parted(text) for text in DEPENDENCIES)
    (application / "package.json").write_text(
        json.dumps({"name": "application", "dependencies": dependencies})
    )
    (application / "main.js").write_text("export default 1; console.log('main');")
    (application / "run.js").write_text(PROGRAM)
    environ = {
        "PRISM_UPSTREAM_REGISTRY": behind,
        "PORT": PORT,
        "PRISM_REGISTRY_URL": f"http://127.0.0.1:{PORT}",
    }
    with serving(folder / "storage", **environ) as server:
        started = time.monotonic()
        _npm(
            application,
            "install",
            "--registry",
            f"{server.url}/npm/",
            "--cache",
            str(folder / f"cache-{name}"),
        )
        seconds = time.monotonic() - started
    done = subprocess.run(["node", "run.js"], cwd=application, capture_output=True, text=True, check=False)
    if done.stdout.strip() != "it runs":
        raise SystemExit(f"the application does not run:\n{done.stdout}{done.stderr}")
    found = Installed(dict(_locked(application)), seconds)
    _tell(f"{name} install", packages=len(found.packages), seconds=round(seconds, 1))
    return found


def _locked(application: Path) -> Iterator[tuple[str, str]]:
    lock = json.loads((application / "package-lock.json").read_text())
    for place, fields in lock["packages"].items():
        if place:
            yield f"{place} {fields['version']}", fields["integrity"]


def _npm(application: Path, *arguments: str) -> None:
    quiet = ("--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=0")
    done = subprocess.run(
        ["npm", *arguments, *quiet],
        cwd=application,
        env={**os.environ, "npm_config_update_notifier": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"npm {arguments[0]} failed:\n{done.stdout}{done.stderr}")


def _registry(folder: Path) -> str:
    """Answer the registry that npm is configured for, which may be at a private address."""
    done = subprocess.run(
        ["npm", "config", "get", "registry"], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _sizes(storage: Path) -> dict[str, Any]:
    files = [path for path in storage.rglob("*") if path.is_file()]
    tarballs = [path for path in files if path.name == "package.tgz"]
    packuments = [path for path in files if path.name == "full.json.gz"]
    return {
        "tarballs": len(tarballs),
        "tarball_megabytes": round(sum(path.stat().st_size for path in tarballs) / 1e6, 1),
        "packuments": len(packuments),
        "packument_megabytes": round(sum(path.stat().st_size for path in packuments) / 1e6, 1),
        "objects": len(files),
    }


def _parted(text: str) -> tuple[str, str]:
    name, _, wanted = text.rpartition("@")
    return name, wanted


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def _tell(what: str, **numbers: Any) -> None:
    told = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in numbers.items())
    print(f"{what}: {told}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
