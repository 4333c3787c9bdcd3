"""What a JavaScript file imports and how it is written, read without a parser.

One pass of one pattern knows comments, strings, templates and regular expressions well enough that nothing
inside them is taken for code. What it cannot see: specifiers that are computed, and code made at run time.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

ImportKind = Literal["import", "require", "dynamic"]

# Limits keep the time linear in the size of a file, whatever it holds.
_REGULAR_EXPRESSION: Final = r"/(?![*/])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.){0,200}+\]){1,200}+/"
_NAMES: Final = r"[\w$*,\s]{0,200}?"
_WORDS: Final = "import|exports?|require|await|module|Object|typeof|globalThis|Deno|Bun|return"
_BRACES: Final = r"\{[^{}]{0,100000}+\}"

# Everything without interest is skipped by one possessive loop; what follows it is one thing of interest, or
# a character of what only looked like it, so that the pattern matches everywhere. What is never closed goes on
# to the end of the file.
_TOKEN: Final = re.compile(
    r"""
    (?:
        [^"'`/\w$.=(,:;!&|?{}\[+]++
      | //[^\n]*+ | /\*(?:[^*]++|\*(?!/))*+(?:\*/)?
      | "(?:[^"\\\n]++|\\.)*+"? | '(?:[^'\\\n]++|\\.)*+'? | `(?:[^`\\]++|\\.)*+`?
      | \.{3} | \.\s*+[\w$]*+
      | [=(,:;!&|?{}\[+]\s*+(?:REGULAR_EXPRESSION)?
      | (?!(?:WORDS)(?![\w$]))[\w$]++
      | return(?![\w$])\s*+(?:REGULAR_EXPRESSION)? | ^REGULAR_EXPRESSION
    )*+
    (?:
        import\s*+(?:NAMES(?:BRACES\s*+)?from\s*+)?(?P<q1>["'])(?P<static>[^"'\n]+)(?P=q1)
      | export\s*+(?:\*NAMES|BRACES\s*+)from\s*+(?P<q2>["'])(?P<again>[^"'\n]+)(?P=q2)
      | import\s*+\(\s*+(?P<q3>["'])(?P<dynamic>[^"'\n]+)(?P=q3)\s*+[,)]
      | require(?:\.resolve)?\s*+\(\s*+(?P<q4>["'])(?P<require>[^"'\n]+)(?P=q4)\s*+\)
      | (?P<export>export)\s*+(?:[{*]|(?:default|const|let|var|function|class|async)(?![\w$]))
      | (?P<meta>import\.meta)(?![\w$])
      | ^(?P<await>await)\s
      | (?P<commonjs>module\.exports|exports(?:\.[\w$]++\s*+=(?!=)|\[)|require\s*+\(
          |Object\.defineProperty\(\s*+exports\b)
      | (?:typeof\s++|globalThis\.)(?P<guarded>Deno|Bun)(?![\w$])
      | (?P<name>Deno|Bun)\s*+\.
      | [\w$]++ | . | \Z
    )
    """.replace("REGULAR_EXPRESSION", _REGULAR_EXPRESSION)
    .replace("NAMES", _NAMES)
    .replace("BRACES", _BRACES)
    .replace("WORDS", _WORDS),
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_WORTH_READING: Final = (b"import", b"export", b"require", b"Deno", b"Bun", b"await")


@dataclass(frozen=True, slots=True)
class Import:
    """One import with a specifier that is written out."""

    specifier: str
    kind: ImportKind


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its imports in order, whether it is written as a module or as CommonJS, the globals it uses.

    `globals` holds `Deno` and `Bun` where the file uses them; `guards` those it tests for first.
    """

    imports: tuple[Import, ...] = ()
    esm: bool = False
    commonjs: bool = False
    globals: frozenset[str] = frozenset()
    guards: frozenset[str] = frozenset()


def read_source(data: bytes) -> Source:
    """Read one file's text; a file without any of the words of interest is not looked at."""
    if not any(word in data for word in _WORTH_READING):
        return Source()
    imports: dict[Import, None] = {}
    seen: set[str] = set()
    used: set[str] = set()
    guards: set[str] = set()
    for match in _TOKEN.finditer(data.decode(errors="replace")):
        group = match.lastgroup
        if group is None:
            continue
        if group == "name":
            used.add(match["name"])
        elif group == "guarded":
            guards.add(match["guarded"])
        else:
            seen.add(group)
            found = _import(match)
            if found is not None:
                imports[found] = None
    esm = not seen.isdisjoint({"static", "again", "export", "meta", "await"})
    return Source(
        imports=tuple(imports),
        esm=esm,
        commonjs=not esm and not seen.isdisjoint({"commonjs", "require"}),
        globals=frozenset(used),
        guards=frozenset(guards),
    )


def _import(match: re.Match[str]) -> Import | None:
    for group, kind in _KINDS.items():
        if match[group]:
            return Import(match[group], kind)
    return None


_KINDS: Final[dict[str, ImportKind]] = {
    "static": "import",
    "again": "import",
    "dynamic": "dynamic",
    "require": "require",
}
