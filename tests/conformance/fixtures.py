"""Packages built by hand in the shapes that popular ones have, for when nothing is to be downloaded."""

from typing import Any, Final

_DUAL: Final = {"import": "./index.mjs", "require": "./index.cjs"}
_DECLARED: Final = {
    "import": {"types": "./index.d.mts", "default": "./index.mjs"},
    "require": {"types": "./index.d.cts", "default": "./index.cjs"},
}
_PACKAGES: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "plain": ({"main": "index.js"}, "index.js index.d.ts"),
    "plain-index": ({}, "index.js lib/one.js"),
    "plain-typed": (
        {"main": "./lib/main.js", "types": "./lib/main.d.ts"},
        "lib/main.js lib/main.d.ts one.js",
    ),
    "plain-bare-main": ({"main": "lib/main"}, "lib/main.js lib/main.json index.js"),
    "plain-folder": ({"main": "./lib"}, "lib/index.js index.js lib.js"),
    "plain-bundled": ({"main": "dist/main.js", "module": "dist/main.mjs"}, "dist/main.js dist/main.mjs"),
    "module-field-only": ({"module": "dist/main.mjs"}, "dist/main.mjs"),
    "module-field-and-index": ({"module": "dist/main.mjs"}, "dist/main.mjs index.js index.mjs"),
    "main-is-missing": ({"main": "dist/none.js"}, "index.js"),
    "nothing-to-load": ({"types": "index.d.ts"}, "index.d.ts"),
    "versions-of-types": (
        {"main": "a.js", "types": "a.d.ts", "typesVersions": {">=5": {"*": ["ts5/*"]}}},
        "a.js a.d.ts ts5/a.d.ts ts5/b.d.ts b.js",
    ),
    "pure-module": ({"type": "module", "exports": "./index.js"}, "index.js index.d.ts"),
    "sugar-dual": ({"exports": _DUAL}, "index.mjs index.cjs"),
    "typed-dual": ({"exports": {".": _DECLARED}}, "index.mjs index.cjs index.d.mts index.d.cts"),
    "types-first": (
        {"exports": {".": {"types": "./index.d.ts", **_DUAL}, "./package.json": "./package.json"}},
        "index.mjs index.cjs index.d.ts",
    ),
    "module-sync": (
        {"exports": {".": {"module-sync": "./sync.mjs", "default": "./index.cjs"}}},
        "sync.mjs index.cjs",
    ),
    "by-runtime": (
        {"exports": {"bun": "./bun.js", "deno": "./deno.js", "node": "./node.js", "default": "./web.js"}},
        "bun.js deno.js node.js web.js",
    ),
    "server-and-browser": (
        {"exports": {".": {"browser": "./web.js", "development": "./dev.js", "default": "./node.js"}}},
        "web.js dev.js node.js",
    ),
    "null-for-node": ({"exports": {".": {"node": None, "default": "./web.js"}}}, "web.js"),
    "many-subpaths": (
        {"exports": {".": "./index.js", "./one": "./lib/one.js", "./two": _DUAL, "./gone": "./lib/gone.js"}},
        "index.js lib/one.js index.mjs index.cjs",
    ),
    "patterns": (
        {"exports": {"./*": "./lib/*.js", "./*.js": "./lib/*.js", "./private/*": None}},
        "lib/one.js lib/private/two.js lib/deep/three.js",
    ),
    "folders": ({"exports": {".": "./index.js", "./lib/": "./lib/"}}, "index.js lib/one.js"),
    "arrays": (
        {"exports": {".": ["lib:broken", "./index.js"], "./one": [{"import": "./lib/one.js"}, "./index.js"]}},
        "index.js lib/one.js",
    ),
    "sources-only": ({"exports": {".": "./index.js"}}, "index.ts"),
    "nested-folder": ({"main": "index.js"}, "index.js one/package.json one/main.js one/index.js"),
    "@scope/dual": ({"exports": {".": _DUAL, "./one": "./lib/one.js"}}, "index.mjs index.cjs lib/one.js"),
    "@scope/plain": ({"main": "index.js", "type": "commonjs"}, "index.js lib/one.js"),
    "names-inside": (
        {
            "exports": "./index.js",
            "imports": {"#one": {"node": "./node.js", "default": "./web.js"}, "#in/*": "./lib/*.js"},
        },
        "index.js node.js web.js lib/one.js",
    ),
    "mixed-keys": ({"exports": {".": "./index.js", "import": "./index.mjs"}}, "index.js index.mjs"),
    "no-exports-at-all": ({"exports": {}, "main": "index.js"}, "index.js"),
}
SUBPATHS: Final = (
    *(".", "./one", "./lib/one", "./lib/one.js", "./package.json", "./two", "./gone", "./private/two"),
    *("./deep/three", "./deep/three.js", "./lib", "./index.js"),
)
INSIDE: Final = (".", "./one", "#one", "#in/one", "#none")


def fixtures() -> dict[str, dict[str, Any]]:
    """Answer the packages, as maps from path to content."""
    return {name: _files(name, stated, paths) for name, (stated, paths) in _PACKAGES.items()}


def _files(name: str, stated: dict[str, Any], paths: str) -> dict[str, Any]:
    nested = {"main": "main.js", "types": "main.d.ts"}
    contents = {path: nested if path.endswith("package.json") else "" for path in paths.split()}
    return {"package.json": {"name": name, "version": "1.0.0", **stated}, **contents}
