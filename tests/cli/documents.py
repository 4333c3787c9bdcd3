"""Documents as the registry answers them."""

from typing import Any


def _size(raw: int) -> dict[str, int]:
    return {"rawBytes": raw, "gzipBytes": raw}


PAGE: dict[str, Any] = {
    "name": "widget",
    "latest": "1.1.0",
    "tags": {"latest": "1.1.0", "next": "2.0.0-rc.1"},
    "versions": ["0.9.0", "1.0.0", "1.1.0", "2.0.0-rc.1"],
    "releases": [
        {"version": "0.9.0", "publishedAt": "2025-01-01T00:00:00.000Z", "yanked": "leaks"},
        {"version": "1.0.0", "publishedAt": "2025-02-01T00:00:00.000Z", "deprecated": "use 1.1.0"},
        {"version": "1.1.0", "publishedAt": "2025-03-01T00:00:00.000Z"},
        {"version": "2.0.0-rc.1", "publishedAt": "2025-04-01T00:00:00.000Z"},
    ],
    "modified": "2025-04-01T00:00:00.000Z",
    "seq": 6,
}

VERSION: dict[str, Any] = {
    "metadata": {
        "identifier": {"name": "widget", "version": "1.1.0"},
        "description": "Does\nthings \u001b[31m",
        "keywords": ["thing", "other"],
        "license": "MIT",
        "publisher": {"name": "Ada", "email": "ada@example.com"},
        "release": {"publishedAt": "2025-03-01T00:00:00.000Z", "maturityScore": 40},
        "tags": ["esm"],
        "exports": {"entries": [{"name": "."}, {"name": "./sub"}]},
        "runtime": {"moduleFormat": "esm", "types": "bundled"},
        "signals": [{"code": "install_script", "severity": "warning", "detail": "…"}],
    },
    "manifest": {
        "integrity": "sha512-AAAA",
        "dist": {"fileCount": 12, "unpackedSize": 34_567, "size": 9_876},
        "runtimes": {"node": True, "deno": True, "bun": True, "workers": False},
        "dependencies": {"left": "^1", "right": "2.x"},
        "score": 80,
    },
}

FILES: dict[str, Any] = {
    "totalFiles": 3,
    "totalDirectories": 1,
    "tree": [
        {
            "type": "directory",
            "path": "lib",
            "depth": 0,
            "size": {"rawBytes": 1300, "gzipBytes": 600},
            "children": [
                {
                    "type": "file",
                    "path": "lib/a.js",
                    "depth": 1,
                    "size": {"rawBytes": 1000, "gzipBytes": 400},
                },
                {"type": "file", "path": "lib/b.js", "depth": 1, "size": {"rawBytes": 300, "gzipBytes": 200}},
            ],
        },
        {"type": "file", "path": "package.json", "depth": 0, "size": {"rawBytes": 99, "gzipBytes": 80}},
    ],
}

DIFF: dict[str, Any] = {
    "from": {"name": "widget", "version": "1.0.0"},
    "to": {"name": "widget", "version": "1.1.0"},
    "files": [
        {"path": "lib/a.js", "change": "modified", "before": _size(100), "after": _size(2000)},
        {"path": "lib/b.js", "change": "added", "after": _size(300)},
        {"path": "lib/c.js", "change": "removed", "before": _size(10)},
    ],
    "exports": {"added": ["./new"], "removed": ["./old"]},
    "dependencies": [
        {"name": "left", "before": "^1", "after": "^2"},
        {"name": "new", "after": "1.0.0"},
        {"name": "old", "before": "3.0.0"},
    ],
    "sizeByDirectory": {"before": [], "after": []},
    "breaking": True,
    "reasons": ["the entry `./old` is gone"],
}

RESOLUTION: dict[str, Any] = {
    "spec": "widget@^1/sub",
    "name": "widget",
    "version": "1.1.0",
    "runtime": "deno",
    "mode": "import",
    "subpath": "./sub",
    "url": "https://cdn.example.com/packages/widget/1.1.0/lib/sub.mjs",
    "entryPath": "lib/sub.mjs",
    "format": "module",
    "typesUrl": "https://cdn.example.com/packages/widget/1.1.0/lib/sub.d.ts",
    "typesPath": "lib/sub.d.ts",
    "integrity": "sha512-AAAA",
    "provenance": {"score": 80, "tarball": {}, "manifest": {}},
}

PUBLISHED: dict[str, Any] = {
    "identifier": {"name": "widget", "version": "1.1.0"},
    "created": True,
    "metadata": VERSION["metadata"],
    "manifest": VERSION["manifest"],
    "analysis": [
        {"name": "exports", "version": "1", "status": "ok", "durationMs": 1.5, "verdict": "2 entries"},
        {"name": "sizes", "version": "1", "status": "failed", "durationMs": 0.5, "verdict": "failed"},
    ],
    "provenance": {"score": 80, "points": {}},
    "artifacts": {"tarball": "/v1/packages/widget/1.1.0.tgz"},
}
