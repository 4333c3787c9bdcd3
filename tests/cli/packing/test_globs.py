"""Globs decide as the matcher does that npm packs with, alone and while looking into folders."""

import json
import subprocess
from itertools import product
from pathlib import Path

from chalicelib.cli.packing.globs import Glob
from tests.cli.packing.random_projects import PATTERNS

MODULES = Path(__file__).parents[2] / "node_modules"
MORE_PATTERNS_TEXT = r"""
a{b,c}d {a,}b {,a}b {a} {a,b {a},b} a{b{c,d},e}f {{a,b}} ${a,b} {} {},a}b \{a,b} {a\,b,c} {1..3}
{3..1} {01..10} {1..9..4} {a..e..2} {c..a} {-1..1} x{1..2}{a,b} []a] [!]a] [a-c] [c-a] [a-] [^a]
[\]] [a a] [[:digit:]]x [[:upper:]_] [![:alnum:]] [[:punct:]] [a-[:digit:]] ?(a)b *(a|b)c +(a) !(a)b
!(a|b)* a!(b)c @(a|@(b|c)) !(!(a)) a@(b @(a|[|]) *(a \@(a) a\ \a *\.js ?\.js **a a** **/**/a a/**/**
/**/a a/**/b/**/c **/a/** */**/b a/*/** é* É *.JS a.b.* .*.* ??? *? ?* -- a+b a.b (a|b) $ ^a a|b
/a/b/ a/ / // a/./b ./a a/.. a/../b ../a **/..
"""
MORE_PATTERNS = MORE_PATTERNS_TEXT.split()
PATHS_TEXT = r"""
a b c ab abd acd ac aef {a} {b} {a,b a{b,c}d ${a,b} {} x1a x2b 1 2 3 01 07 10 e -1 ] [ [a a] 1x _ A
é É x.js X.JS .js a.js a.b.c .a.b abc aac bbc aa a!(b)c axc abc a@(b @a *(a (a|b) a|b $ ^a a+b -- a\
a/b a/x/b a/b/c a/b/x/c x/a x/a/y a/a lib/index.js lib/other.js src/lib/a.test.js a/b/ a/ .git/x
build/config.gypi
"""
PATHS = PATHS_TEXT.split()
SCRIPT = """
const { Minimatch } = require('minimatch')
const { patterns, paths } = JSON.parse(require('fs').readFileSync(0, 'utf8'))
const options = { matchBase: true, dot: true, flipNegate: true, nocase: true }
console.log(JSON.stringify(patterns.map(pattern => {
  const glob = new Minimatch(pattern, options)
  const either = (path, partial) => glob.match(path, partial) || glob.match('/' + path, partial)
  return [glob.negate, paths.map(path => either(path, false)), paths.map(path => either(path, true))]
})))
"""


def test_globs_match_what_npms_matcher_matches() -> None:
    patterns = [*PATTERNS, *MORE_PATTERNS]
    oracle = _minimatch([pattern for pattern in patterns if not pattern.startswith("#")])
    globs = [(pattern, Glob(pattern)) for pattern in patterns if not pattern.startswith("#")]

    wrong: list[tuple[str, ...]] = []
    for (pattern, glob), (negated, whole, partial) in zip(globs, oracle, strict=True):
        assert glob.negated == negated, pattern
        wrong += [
            (pattern, path)
            for path, expected in zip(PATHS, whole, strict=True)
            if glob.matches(path) != expected
        ]
        wrong += [
            (pattern, path, "below")
            for path, expected in zip(PATHS, partial, strict=True)
            if glob.may_match_below(path) != expected
        ]

    assert wrong == []


def test_a_pattern_with_many_stars_is_decided_at_once() -> None:
    glob = Glob("**/" + "/**/".join("a" * 12) + "/**/x")

    assert not glob.matches("/".join("a" * 24))


def test_braces_stand_for_at_most_ten_thousand_patterns() -> None:
    glob = Glob("{a,b}" * 20)

    assert glob.matches("a" * 20)


def _minimatch(patterns: list[str]) -> list[tuple[bool, list[bool], list[bool]]]:
    run = subprocess.run(
        ["node", "-e", SCRIPT],
        input=json.dumps({"patterns": patterns, "paths": PATHS}),
        cwd=MODULES.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    answers = json.loads(run.stdout)
    assert len(answers) * len(PATHS) == len(list(product(patterns, PATHS)))
    return [(negated, whole, partial) for negated, whole, partial in answers]
