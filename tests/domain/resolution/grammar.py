"""Packages made at random from a seed, with the shapes of `exports` that tell resolvers apart."""

import random
from dataclasses import dataclass
from typing import Any

CONDITIONS = (
    *("node", "deno", "bun", "import", "require", "default", "node-addons", "module-sync"),
    *("types", "browser", "development", "worker", "custom"),
)
FILES = (
    *("a.js", "b.mjs", "c.cjs", "d.json", "s.ts", "index.js", "lib/x.js", "lib/y.mjs", "lib/index.js"),
    *("lib/deep/z.js", "lib/package.json"),
)
GOOD = ("./a.js", "./b.mjs", "./c.cjs", "./lib/x.js", "./lib/y.mjs", "./lib/deep/z.js")
ODD = (
    *("./d.json", "./nope.js", "./lib", "./lib/", "a.js", "../a.js", "./../a.js", "./lib/../a.js", "/a.js"),
    *(
        "./node_modules/a.js",
        "",
        ".",
        "./",
        "./s.js",
        "fs",
        "./%61.js",
        "./a.js?q",
        "./lib//x.js",
        "./lib\\x.js",
    ),
)
STARRED = (
    "./lib/*",
    "./lib/*.js",
    "./*",
    "./*.js",
    "./lib/deep/*.js",
    "./*/x.js",
    "./a.js",
    "lib/*",
    "./*/*.js",
)
KEYS = (
    *(".", "./a", "./a.js", "./lib/x", "./lib/x.js", "./*", "./lib/*", "./lib/*.js", "./lib/deep/*", "./x*"),
    *("./*.js", "./*.mjs", "./lib/", "./", "./package.json", "./f*o", "./lib/deep/"),
)
SUBPATHS = (
    *("./a", "./a.js", "./lib/x", "./lib/x.js", "./lib/y", "./lib/y.mjs", "./lib/deep/z", "./lib/deep/z.js"),
    *(
        "./package.json",
        "./x",
        "./xx.js",
        "./foo",
        "./lib",
        "./lib/",
        "./b.mjs",
        "./lib/../a.js",
        "./lib//x.js",
    ),
    *("./s", "./s.js", "./lib/deep", "./d", "./c", "./%61.js", "./a.js?q", "./../a.js"),
)


@dataclass(frozen=True)
class Case:
    """One package and the subpaths to ask it for."""

    package_json: dict[str, Any]
    files: dict[str, Any]
    subpaths: tuple[str, ...]


def cases(seed: int, count: int) -> list[Case]:
    """Answer the cases of a seed."""
    chance = random.Random(seed)
    return [_case(chance) for _ in range(count)]


def _case(chance: random.Random) -> Case:
    stated: dict[str, Any] = {}
    if chance.random() < 0.85:
        stated["exports"] = _exports(chance)
    if chance.random() < 0.4:
        stated["main"] = chance.choice(["a.js", "./lib", "lib/x", "nope.js", "./b", "lib/"])
    if chance.random() < 0.2:
        stated["module"] = chance.choice(["b.mjs", "nope", "./lib/y"])
    files: dict[str, Any] = {path: "" for path in FILES if chance.random() < 0.85}
    if "lib/package.json" in files:
        files["lib/package.json"] = chance.choice(
            [{}, {"main": "x"}, {"main": "./deep/z.js"}, {"main": "../a"}]
        )
    return Case(stated, files, (".", *chance.sample(SUBPATHS, 6)))


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
        conditions = chance.sample(CONDITIONS, chance.randint(1, 4))
        if chance.random() < 0.03:
            conditions.insert(chance.randrange(len(conditions) + 1), chance.choice(["0", "1", "", "01"]))
        return {condition: _target(chance, depth + 1, starred=starred) for condition in conditions}
    if draw < 0.9:
        return [_target(chance, depth + 1, starred=starred) for _ in range(chance.choice([0, 1, 1, 2, 2, 3]))]
    return None if draw < 0.97 else chance.choice([5, True, False])
