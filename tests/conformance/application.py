"""A real application, the registry it is resolved from, and what npm makes of it.

Its packuments are fetched once, by npm, and kept in `.cache`; versions that nobody could pick are left out of them.
"""

import gzip
import hashlib
import json
import subprocess
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from chalicelib.domain.errors import InvalidVersion
from chalicelib.domain.graph.packages import Want
from chalicelib.domain.semver.versions import version_key
from tests.domain.graph.universes import PackumentReader, Packuments, own_tree

ROOT: Final = Path(__file__).parents[2]
CACHE: Final = ROOT / ".cache" / "graph"
PACKUMENTS: Final = ROOT / "tests" / "oracles" / "packuments.cjs"
CONTESTED_NEIGHBOURS: Final = 2
"""Versions on each side of one that is picked, of packages that are asked for by several ranges."""
SAMPLE: Final = 3
"""Of the others one in so many has a version on each side."""

APPLICATION: Final[dict[str, dict[str, str]]] = {
    "dependencies": {
        "@reduxjs/toolkit": "^2.0.0",
        "axios": "^1.0.0",
        "chalk": "^4.0.0",
        "commander": "^12.0.0",
        "debug": "^4.0.0",
        "express": "^4.0.0",
        "glob": "^10.0.0",
        "got": "^14.0.0",
        "lodash": "^4.0.0",
        "pino": "^9.0.0",
        "react": "^18.0.0",
        "react-dom": "^18.0.0",
        "react-redux": "^9.0.0",
        "react-router-dom": "^6.0.0",
        "semver": "^7.0.0",
        "uuid": "^11.0.0",
        "yargs": "^17.0.0",
    },
    "devDependencies": {
        "@babel/core": "^7.0.0",
        "@babel/preset-env": "^7.0.0",
        "autoprefixer": "^10.0.0",
        "babel-loader": "^9.0.0",
        "css-loader": "^7.0.0",
        "eslint": "^8.0.0",
        "eslint-plugin-import": "^2.0.0",
        "eslint-plugin-react": "^7.0.0",
        "jest": "^29.0.0",
        "mocha": "^10.0.0",
        "postcss": "^8.0.0",
        "rollup": "^4.0.0",
        "typescript": "^5.0.0",
        "vite": "^5.0.0",
        "webpack": "^5.0.0",
        "webpack-cli": "^5.0.0",
        "webpack-dev-server": "^5.0.0",
    },
}


@cache
def node_version() -> str:
    """Answer the release of the Node that npm runs in, by which npm prefers versions."""
    return subprocess.run(["node", "--version"], capture_output=True, check=True, text=True).stdout.strip()[
        1:
    ]


def application_state() -> Packuments:
    """Answer the packuments that the application is resolved from: what can be picked, and versions beside it."""
    basis = json.dumps([APPLICATION, CONTESTED_NEIGHBOURS, SAMPLE, node_version()])
    path = CACHE / f"application-{hashlib.sha256(basis.encode()).hexdigest()[:16]}.json.gz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        trimmed = gzip.compress(json.dumps(_trimmed(_fetched())).encode())
        part = path.with_suffix(".part")
        part.write_bytes(trimmed)
        part.rename(path)
    state: Packuments = json.loads(gzip.decompress(path.read_bytes()))
    return state


def npm_lock(packuments: Packuments) -> dict[str, str]:
    """Answer what `npm install` in an empty folder locks: a line for each folder, as `told` tells a tree."""
    with _serving(packuments) as registry, tempfile.TemporaryDirectory() as folder:
        _lock(Path(folder), f"--registry={registry}", f"--cache={folder}/cache")
        packages = json.loads((Path(folder) / "package-lock.json").read_bytes())["packages"]
    return {path: _line(path, fields) for path, fields in packages.items() if path}


def _line(path: str, fields: Mapping[str, Any]) -> str:
    name = fields.get("name", path.rpartition("node_modules/")[2])
    # What both a development and an optional dependency lead to has one flag in a lock and none in a tree.
    return " ".join(
        [f"{name}@{fields['version']}", *(flag for flag in ("dev", "optional", "peer") if fields.get(flag))]
    )


def _lock(folder: Path, *options: str) -> None:
    (folder / "package.json").write_text(json.dumps(APPLICATION))
    command = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(
        [*command, "--loglevel=error", *options], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )


def _fetched() -> Packuments:
    """Let npm resolve the application, and answer the packuments it has asked for."""
    cache = CACHE / "npm"
    with tempfile.TemporaryDirectory() as folder:
        _lock(Path(folder), "--prefer-offline", f"--cache={cache}")
    done = subprocess.run(["node", str(PACKUMENTS), str(cache)], capture_output=True, check=True)
    return {packument["name"]: packument for packument in map(json.loads, done.stdout.splitlines())}


def _trimmed(whole: Packuments) -> Packuments:
    """Keep the versions that were picked, the latest ones, and a sample of those beside them."""
    reader = PackumentReader(whole, node_version=node_version())
    own_tree(APPLICATION, whole, reader=reader)
    asked: dict[str, list[Want]] = defaultdict(list)
    for want in dict.fromkeys(reader.asked):
        asked[want.name].append(want)
    kept = {}
    for place, name in enumerate(sorted(asked.keys() & whole.keys())):
        beside = CONTESTED_NEIGHBOURS if len(asked[name]) > 1 else int(place % SAMPLE == 0)
        kept[name] = _with_versions(whole[name], asked[name], reader, beside)
    return kept


def _with_versions(
    packument: Mapping[str, Any], wants: Sequence[Want], reader: PackumentReader, beside: int
) -> dict[str, Any]:
    ascending = sorted(filter(_is_strict, packument["versions"]), key=version_key)
    picks = {packument["dist-tags"]["latest"]}
    for want in wants:
        picks |= {getattr(reader.find(want), "version", "")} & packument["versions"].keys()
    kept: set[str] = set()
    for version in picks:
        place = ascending.index(version) if version in ascending else 0
        around = ascending[max(0, place - beside) : place + beside + 1] if version in ascending else ()
        kept |= {version, *around}
    return {
        "name": packument["name"],
        "dist-tags": {tag: to for tag, to in packument["dist-tags"].items() if to in kept},
        "versions": {version: fields for version, fields in packument["versions"].items() if version in kept},
    }


def _is_strict(version: str) -> bool:
    try:
        version_key(version)
    except InvalidVersion:
        return False
    return True


@contextmanager
def _serving(packuments: Packuments) -> Iterator[str]:
    """Serve packuments as a registry does while the block runs; answers its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            packument = packuments.get(unquote(self.path).strip("/"))
            data = json.dumps(packument or {"error": "not found"}).encode()
            self.send_response(200 if packument else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
