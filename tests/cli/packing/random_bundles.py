"""Random projects that bundle what is installed: nested, shared, linked, circular, missing and undeclared."""

import random

from tests.cli.packing.trees import Link

NAMES = ("a", "b", "c", "@s/d", "e")
GROUPS = ("dependencies", "optionalDependencies", "devDependencies", "peerDependencies")
FILES = ("m.js", "lib/y.js", "x.orig", ".npmignore", "sub/.gitignore", "sub/z.txt")

Contents = dict[str, "str | Link | dict[str, object]"]


def random_bundle(seed: int) -> Contents:
    """Answer the picture of a project; the same seed gives the same picture."""
    chance = random.Random(seed)
    root = _package_json("root", chance)
    if chance.random() < 0.9:
        root["bundleDependencies"] = chance.choice(
            [True, False, list(NAMES), chance.sample(NAMES, 2), {"a": 1}]
        )
    if chance.random() < 0.3:
        root["workspaces"] = ["packages/*"]
    picture: Contents = {"index.js": "", "package.json": root}
    for name in NAMES:
        if chance.random() < 0.75:
            _install(picture, name, chance)
    for outer in ("a", "b"):
        for name in NAMES:
            if (
                not isinstance(picture.get(f"node_modules/{outer}"), Link)
                and name != outer
                and chance.random() < 0.3
            ):
                _fill(picture, f"node_modules/{outer}/node_modules/{name}", name, chance)
    return picture


def _install(picture: Contents, name: str, chance: random.Random) -> None:
    if chance.random() < 0.8:
        _fill(picture, f"node_modules/{name}", name, chance)
        return
    folder = f"packages/{name.replace('/', '-')}"
    picture[f"node_modules/{name}"] = Link("../" * (name.count("/") + 1) + folder)
    _fill(picture, folder, name, chance)


def _fill(picture: Contents, folder: str, name: str, chance: random.Random) -> None:
    picture[f"{folder}/package.json"] = _package_json(name, chance)
    for file in FILES:
        if chance.random() < 0.6:
            picture[f"{folder}/{file}"] = "*.txt\nm.js\n" if "ignore" in file else ""


def _package_json(name: str, chance: random.Random) -> dict[str, object]:
    fields: dict[str, object] = {"name": name, "version": "1.0.0"}
    for group in GROUPS:
        if chance.random() < (0.7 if group == "dependencies" else 0.25):
            fields[group] = {needed: "*" for needed in NAMES if chance.random() < 0.35}
    if chance.random() < 0.2:
        fields["files"] = [chance.choice(["lib", "*.js", "x.orig"])]
    if chance.random() < 0.2:
        fields["bundleDependencies"] = chance.choice([True, list(NAMES)])
    return fields
