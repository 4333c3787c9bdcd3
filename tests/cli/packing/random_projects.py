"""Random projects: every kind of name, ignore file and `files` list that the packing rules speak of."""

import random

from tests.cli.packing.trees import Picture

FILE_NAMES_TEXT = r"""
index.js main.js cli.js README ReadMe LICENSE licence.txt COPYING.md notes.orig .DS_Store .swp
.x.swp .npmrc package-lock.json yarn.lock ._a .env a.test.js b.min.js e ümlaut.js Z.TXT [a].js {b}
config.gypi npm-debug.log readme.md~ bun.lock package.json a b
"""
FILE_NAMES = FILE_NAMES_TEXT.split()
FOLDER_NAMES_TEXT = r"""
a b lib src dist test .git CVS node_modules build @s x.js LICENSE
"""
FOLDER_NAMES = FOLDER_NAMES_TEXT.split()
PATTERNS_TEXT = r"""
lib lib/ /lib src/** **/test **/*.js *.js *.md dist/* !dist !dist/a a a/b /a/* b/**/index.js ** *
*.test.js !*.js !lib !/src {a,b} {lib,src}/*.js [ab] ?.js *.{js,txt} !lib/index.js ./lib ./a/b
index.js main.js lib/index.js src/lib/a.test.js .env .* test/* a/ @s @s/* !node_modules node_modules
README* e **/a a/** a/**/b !a/**/b !(a|b) @(a|lib) +(a|b) *(src) lib/!(index.js) [[:alpha:]] \*
*.orig !notes.orig #x / //a a//b . .. ../a a/../b ./ [a].js \[a\].js ü* BUILD LIB/*.JS package.json
!package.json /* /*/ !/*/ */ !*/ !**/*.js src/*/ **/ !.npmrc !.git **/lib/* !LICENSE *\.js [!a]*
{a..c} ?(x)* lib/**/ !(*.js)
"""
PATTERNS = PATTERNS_TEXT.split()


def random_project(seed: int) -> Picture:
    """Answer the picture of a project; the same seed gives the same picture."""
    chance = random.Random(seed)
    picture: dict[str, str | dict[str, object]] = {}
    _fill(picture, "", 0, chance)
    picture["package.json"] = _package_json(chance)
    return picture


def _fill(
    picture: dict[str, str | dict[str, object]], prefix: str, depth: int, chance: random.Random
) -> None:
    folders = chance.sample(FOLDER_NAMES, chance.randint(0, 4)) if depth < 3 else []
    for name in folders:
        _fill(picture, f"{prefix}{name}/", depth + 1, chance)
    for name in chance.sample(FILE_NAMES, chance.randint(1, 6)):
        if name not in folders:
            picture[f"{prefix}{name}"] = {"name": "nested"} if name == "package.json" else "x"
    for name in (".npmignore", ".gitignore"):
        if chance.random() < 0.3:
            lines = [chance.choice(PATTERNS) for _ in range(chance.randint(0, 4))]
            picture[f"{prefix}{name}"] = "\n".join(lines) + chance.choice(["\n", "", "\r\n"])


def _package_json(chance: random.Random) -> dict[str, object]:
    fields: dict[str, object] = {"name": "p", "version": "1.0.0"}
    if chance.random() < 0.6:
        fields["files"] = [chance.choice(PATTERNS) for _ in range(chance.randint(0, 4))]
    if chance.random() < 0.3:
        fields["main"] = chance.choice(["index.js", "./lib/index.js", "lib/index.js", "src", "lib"])
    if chance.random() < 0.2:
        fields["bin"] = chance.choice(
            ["cli.js", "./cli.js", {"x": "lib/cli.js"}, {"x": "./src/cli.js", "y": "b"}]
        )
    if chance.random() < 0.1:
        fields["browser"] = chance.choice(["main.js", {"a": "b"}])
    return fields
