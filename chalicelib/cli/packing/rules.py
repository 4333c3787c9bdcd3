"""Ignore rules: patterns of which the last that matches decides; `!` in front takes a path back in."""

from collections.abc import Iterable
from typing import Final

from chalicelib.cli.packing.globs import Glob

DEFAULTS: Final = (
    ".npmignore",
    ".gitignore",
    "**/.git",
    "**/.svn",
    "**/.hg",
    "**/CVS",
    "**/.git/**",
    "**/.svn/**",
    "**/.hg/**",
    "**/CVS/**",
    "/.lock-wscript",
    "/.wafpickle-*",
    "/build/config.gypi",
    "npm-debug.log",
    "**/.npmrc",
    ".*.swp",
    ".DS_Store",
    "**/.DS_Store/**",
    "._*",
    "**/._*/**",
    "*.orig",
    "/archived-packages/**",
)
"""Left out unless something takes it back in; these apply in every folder."""

ALWAYS_OUT: Final = (
    "/.git",
    "/node_modules",
    ".npmrc",
    "/package-lock.json",
    "/yarn.lock",
    "/pnpm-lock.yaml",
    "/bun.lockb",
)
"""Left out of a package's root whatever it says itself."""

ALWAYS_IN: Final = (
    "!/package.json",
    "!/readme{,.*[^~$]}",
    "!/copying{,.*[^~$]}",
    "!/license{,.*[^~$]}",
    "!/licence{,.*[^~$]}",
)
"""Taken into a package whatever it says itself."""

# JavaScript's white space: Python's, without the four information separators and with the byte order mark.
_WHITE_SPACE: Final = (
    " \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)

Rules = list[Glob]


def parse_rules(text: str) -> Rules:
    """Read the lines of an ignore file; empty ones and comments say nothing."""
    lines = (line.strip(_WHITE_SPACE) for line in text.replace("\r\n", "\n").split("\n"))
    return [Glob(line) for line in lines if line and not line.startswith("#")]


def rules_of(lines: Iterable[str]) -> Rules:
    """Make rules of lines that stand in the code or in a package.json."""
    return parse_rules("\n".join(lines))


def decide(rules: Rules, path: str, *, included: bool) -> bool:
    """Say whether a path is in after the rules, given whether it was in before them."""
    for rule in rules:
        if rule.negated != included and rule.matches(path):
            included = rule.negated
    return included


def decide_folder(rules: Rules, path: str, *, included: bool, name: str | None) -> bool:
    """Say whether to look into a folder: a negated rule that may match something inside it opens it.

    `name` is the folder's own name when the rules stand further up; rules of one portion apply to it as well.
    """
    for rule in rules:
        if rule.negated == included:
            continue
        shapes = [path] if name is None or not rule.short else [path, name]
        if rule.matches(path) or any(_opens(rule, shape) for shape in shapes):
            included = rule.negated
    return included


def _opens(rule: Glob, path: str) -> bool:
    return rule.matches(f"{path}/") or (rule.negated and rule.may_match_below(path))
