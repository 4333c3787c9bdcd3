"""Packages made at random from a seed, with the shapes of package.json that tell resolvers apart."""

import random
from dataclasses import dataclass
from typing import Any, Final

CONDITIONS: Final = (
    *("node", "deno", "bun", "import", "require", "default", "node-addons", "module-sync"),
    *("types", "browser", "development", "worker", "custom", "module", "production", "import", "default"),
)
FILES: Final = (
    *("a.js", "b.mjs", "c.cjs", "d.json", "s.ts", "index.js", "lib/x.js", "lib/y.mjs", "lib/index.js"),
    *("lib/deep/z.js", "lib/package.json", "t.d.ts", "lib/w.tsx"),
)
RARE_FILES: Final = (
    *("index.mjs", "index.cjs", "index.json", "index.ts", "a.json", "a.ts", "lib.js", "lib/index.mjs", "x"),
    *("lib/x/index.js", "b.js", "c.js", "lib/deep/index.cjs", "lib/deep/package.json", "index.node", "e.jsx"),
)
GOOD: Final = ("./a.js", "./b.mjs", "./c.cjs", "./lib/x.js", "./lib/y.mjs", "./lib/deep/z.js")
ODD: Final = (
    *("./d.json", "./nope.js", "./lib", "./lib/", "a.js", "../a.js", "./../a.js", "./lib/../a.js", "/a.js"),
    *("./node_modules/a.js", "", ".", "./", "./s.js", "fs", "node:fs", "./%61.js", "./a.js?q", "./lib//x.js"),
    *("./lib\\x.js", "./a", "./lib/w.js", "./e.js", "./t.d.ts", "./a.js#h", "./*", "./index", "./b.js"),
)
STARRED: Final = (
    *("./lib/*", "./lib/*.js", "./*", "./*.js", "./lib/deep/*.js", "./*/x.js", "./a.js", "lib/*", "./*/*.js"),
    *("./lib/*.mjs", "./*.mjs", "./*/index.js", "./lib/*/z.js"),
)
KEYS: Final = (
    *(".", "./a", "./a.js", "./lib/x", "./lib/x.js", "./*", "./lib/*", "./lib/*.js", "./lib/deep/*", "./x*"),
    *("./*.js", "./*.mjs", "./lib/", "./", "./package.json", "./f*o", "./lib/deep/", "./lib/*/z", "./*/x"),
    *("./lib/d*", "./*a*", "./%61.js", "./lib"),
)
SUBPATHS: Final = (
    *("./a", "./a.js", "./lib/x", "./lib/x.js", "./lib/y", "./lib/y.mjs", "./lib/deep/z", "./lib/deep/z.js"),
    *("./package.json", "./x", "./xx.js", "./foo", "./lib", "./lib/", "./b.mjs", "./lib/../a.js"),
    *("./lib//x.js", "./s", "./s.js", "./lib/deep", "./d", "./c", "./%61.js", "./a.js?q", "./../a.js"),
    *("./index", "./index.js", "./b", "./e", "./lib/w", "./d.json", "./lib/deep/", "./nope"),
)
IMPORTS: Final = ("#x", "#x/y", "#a/*", "#a/*.js", "#lib/*", "#", "#/", "#/x", "#x*")
ASKED_IMPORTS: Final = ("#x", "#x/y", "#a/x", "#a/x.js", "#lib/x.js", "#lib/deep/z.js", "#/x", "#nope", "#xx")
MAINS: Final = (
    *("a.js", "./lib", "lib/x", "nope.js", "./b", "lib/", "./a", ".", "./", "./lib/deep", "c", "b.mjs"),
    *("/a.js", "d.json", "d", "index", "s", "lib/index", "./lib/../a.js", "x", "e"),
)
NESTED: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"main": "x"},
    {"main": "./deep/z.js"},
    {"main": "../a"},
    {"type": "module"},
    {"module": "y.mjs"},
    {"main": "nope"},
    {"exports": "./x.js"},
)


_EVERY: Final = 100


@dataclass(frozen=True)
class Case:
    """One package, the subpaths to ask it for, and the specifiers that it asks for itself."""

    package_json: dict[str, Any]
    files: dict[str, Any]
    subpaths: tuple[str, ...]
    inside: tuple[str, ...]
    """`#name`, or `.` and `./sub` for the package's own name."""


def cases(seed: int, count: int) -> list[Case]:
    """Answer the cases of a seed."""
    chance = random.Random(seed)
    found = [_case(chance) for _ in range(count)]
    # A declared difference that concerns a whole package: it is asked about, and seldom.
    for case in found[_EVERY // 2 :: _EVERY]:
        case.package_json["type"] = 5
    return found


def _case(chance: random.Random) -> Case:
    stated: dict[str, Any] = {}
    if chance.random() < 0.2:
        stated["type"] = chance.choice(["module", "commonjs", "esm"])
    if chance.random() < 0.8:
        stated["exports"] = _exports(chance)
    if chance.random() < 0.5:
        stated["main"] = chance.choice(MAINS) if chance.random() < 0.95 else chance.choice([5, "", [], None])
    if chance.random() < 0.25:
        stated[chance.choice(["module", "jsnext:main"])] = chance.choice(
            ["b.mjs", "nope", "./lib/y", "./lib"]
        )
    if chance.random() < 0.1:
        stated["types"] = "t.d.ts"
    if chance.random() < 0.3:
        stated["imports"] = _imports(chance)
    likely = 0.85 if chance.random() < 0.8 else 0.3
    files: dict[str, Any] = {path: "" for path in FILES if chance.random() < likely}
    for path in chance.sample(RARE_FILES, chance.choice([0, 0, 0, 1, 3])):
        files.setdefault(path, "")
    # `x` and `lib/x` are files here or folders there, never both.
    if "lib/x/index.js" in files and chance.random() < 0.5:
        files.pop("lib/x.js", None)
    for path in files:
        if path.endswith("package.json"):
            files[path] = chance.choice(NESTED)
        elif path.endswith(".json"):
            files[path] = "{}"
    inside = chance.sample([".", *SUBPATHS], 2) if chance.random() < 0.4 else []
    if "imports" in stated:
        inside += chance.sample(ASKED_IMPORTS, 4)
    return Case(stated, files, (".", *chance.sample(SUBPATHS, 6)), tuple(inside))


def _imports(chance: random.Random) -> Any:
    if chance.random() < 0.03:
        return chance.choice([None, 5, "./a.js", [], {}])
    keys = chance.sample(IMPORTS, chance.randint(1, 4))
    return {key: _target(chance, 0, starred="*" in key) for key in keys}


def _exports(chance: random.Random) -> Any:
    draw = chance.random()
    if draw < 0.04:
        return chance.choice([None, False, 5, "", True, {}, []])
    if draw < 0.3:
        return _target(chance, 0, starred=False)
    keys = chance.sample(KEYS, chance.randint(1, 5))
    if chance.random() < 0.6 and "." not in keys:
        keys.insert(chance.randrange(len(keys) + 1), ".")
    if chance.random() < 0.03:
        keys.append("default")
    return {key: _of_key(chance, key) for key in keys}


def _of_key(chance: random.Random, key: str) -> Any:
    if key.endswith("/") and chance.random() < 0.8:
        folders = {"import": "./lib/", "default": "./"}
        return chance.choice(["./lib/", "./", "./lib/deep/", None, "./lib", folders, ["./lib/"]])
    return _target(chance, 0, starred="*" in key)


def _target(chance: random.Random, depth: int, *, starred: bool) -> Any:
    draw = chance.random()
    if starred and draw < 0.35:
        return chance.choice(STARRED)
    if depth > 2 or draw < 0.5:
        return chance.choice(ODD if chance.random() < 0.3 else GOOD)
    if draw < 0.78:
        conditions = list(dict.fromkeys(chance.sample(CONDITIONS, chance.randint(1, 4))))
        if chance.random() < 0.03:
            conditions.insert(chance.randrange(len(conditions) + 1), chance.choice(["0", "1", "", "01"]))
        return {condition: _target(chance, depth + 1, starred=starred) for condition in conditions}
    if draw < 0.9:
        return [_target(chance, depth + 1, starred=starred) for _ in range(chance.choice([0, 1, 1, 2, 2, 3]))]
    return None if draw < 0.97 else chance.choice([5, True, False])
