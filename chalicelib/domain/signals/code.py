"""Signals in the code of a package, found by its words and not by running or parsing it.

A word inside a comment or a string counts too: a signal says where to look, not what happens.

Every pattern begins with plain text, because only then does `re` skip through code at the speed of a search.
What may not stand before a word is therefore asked after it, as in `eval(?<![\\w$.]eval)`.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from chalicelib.domain.signals.inspection import Inspection, Source
from chalicelib.domain.signals.rule import Observation, Rule, Severity, counted, rule

Test = Callable[[Source], bool]

SHELL: Final = frozenset({"child_process"})
NETWORK: Final = frozenset({"http", "https", "http2", "net", "tls", "dgram", "dns", "dns/promises", "undici"})
FILES: Final = frozenset({"fs", "fs/promises"})
VIRTUAL_MACHINE: Final = frozenset({"vm"})

_EVAL: Final = (
    rb"eval(?<![\w$.]eval)\s*\(",
    rb"Function(?<![\w$.]Function)\(\s*(?:[\"'`]|[\w$.]+\s*[,)])",
    rb"new (?:Async|Generator)?Function\b",
)
_SHELL_GLOBALS: Final = (rb"Deno\.(?:Command|run)\b", rb"Bun\.(?:spawn(?:Sync)?\b|\$)")
_NETWORK_GLOBALS: Final = (
    rb"fetch(?<![\w$.]fetch)\s*\(",
    rb"new (?:XMLHttpRequest|WebSocket|EventSource)\b",
    rb"\.sendBeacon\s*\(",
    rb"Deno\.(?:connect|listen|serve)",
    rb"Bun\.(?:connect|listen|serve)\b",
)
_FILES_GLOBALS: Final = (
    rb"Deno\.(?:read|write|open|remove|mkdir|copyFile|rename)",
    rb"Bun\.(?:file|write)\b",
)
_ENVIRONMENT: Final = (
    rb"process\.env\b(?!\.NODE_ENV\b)",
    rb"Deno\.env\b",
    rb"Bun\.env\b",
    rb"import\.meta\.env\b",
)
_COMPUTED: Final = rb"\s*\(\s*(?:[\w$.\[\]]+\s*[)+]|\"[^\"\n]*\"\s*\+|'[^'\n]*'\s*\+|`[^`]*\$\{)"
_DYNAMIC: Final = (
    rb"require(?<![\w$.]require)" + _COMPUTED,
    rb"import(?<![\w$.]import)" + _COMPUTED,
)
_ESCAPE: Final = rb"(?:\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}){39}"
_ESCAPED: Final = (rb"\\x[0-9a-fA-F]{2}" + _ESCAPE, rb"\\u[0-9a-fA-F]{4}" + _ESCAPE)
_MANGLED: Final = re.compile(rb"_0x[0-9a-f]{3,}")
_BLOB: Final = re.compile(rb"[\"'`][A-Za-z0-9+/]{2048,}={0,2}[\"'`]")
# In UTF-8: bidirectional controls (U+202A-202E, U+2066-2069), and eight of the invisible U+E0000-E01FF.
_HIDDEN: Final = (
    rb"\xe2\x80[\xaa-\xae]",
    rb"\xe2\x81[\xa6-\xa9]",
    rb"\xf3\xa0[\x80-\x87][\x80-\xbf](?:\xf3\xa0[\x80-\x87][\x80-\xbf]){7}",
)
_MIN_MANGLED: Final = 20
_MIN_MINIFIED: Final = 1024
_MIN_LINE: Final = 500


def uses(modules: frozenset[str] = frozenset(), patterns: tuple[bytes, ...] = ()) -> Test:
    """Answer a test for an import of one of some modules, or for one of some patterns."""
    compiled = [re.compile(pattern) for pattern in patterns]

    def test(source: Source) -> bool:
        return not modules.isdisjoint(source.imports) or any(
            pattern.search(source.data) for pattern in compiled
        )

    return test


_escaped = uses(patterns=_ESCAPED)


def obfuscated(source: Source) -> bool:
    """Answer whether a file has many names as obfuscators make them, or a long run of escaped characters."""
    return len(set(_MANGLED.findall(source.data))) >= _MIN_MANGLED or _escaped(source)


def minified(source: Source) -> bool:
    """Answer whether a file's lines are longer on average than a person writes them."""
    size = len(source.data)
    return size >= _MIN_MINIFIED and size >= _MIN_LINE * (source.data.count(b"\n") + 1)


def encoded_blob(source: Source) -> bool:
    """Answer whether a file holds a string of more than 2 KiB of base64 or hex digits."""
    return _BLOB.search(source.data) is not None


def scan_truncated(inspection: Inspection) -> Iterator[Observation]:
    """Only a part of the code was scanned."""
    sources = inspection.sources
    if sources.truncated:
        read = sum(len(source.data) for source in sources.scanned)
        detail = f"{read} bytes in {len(sources.scanned)} of {sources.total_files} code files were scanned"
        yield Observation(None, detail)


def _of_code(code: str, severity: Severity, meaning: str, test: Test) -> Rule:
    def look(inspection: Inspection) -> Iterator[Observation]:
        paths = [source.path for source in inspection.sources.scanned if test(source)]
        if paths:
            yield Observation(paths[0], f"seen in {counted(paths)}")

    return Rule(code, severity, meaning, look)


RULES: Final = (
    _of_code("obfuscated_code", "danger", "Code is written so that people cannot read it.", obfuscated),
    _of_code(
        "hidden_characters",
        "danger",
        "Code holds characters that cannot be seen or that reorder what is seen.",
        uses(patterns=_HIDDEN),
    ),
    _of_code(
        "uses_eval",
        "warning",
        "Code is made from text while running (`eval`, `Function`, `node:vm`).",
        uses(VIRTUAL_MACHINE, _EVAL),
    ),
    _of_code("shell_access", "warning", "Code can start other programs.", uses(SHELL, _SHELL_GLOBALS)),
    _of_code("network_access", "info", "Code can use the network.", uses(NETWORK, _NETWORK_GLOBALS)),
    _of_code("filesystem_access", "info", "Code can read or write files.", uses(FILES, _FILES_GLOBALS)),
    _of_code(
        "environment_access",
        "info",
        "Code reads environment variables other than `NODE_ENV`.",
        uses(patterns=_ENVIRONMENT),
    ),
    _of_code("dynamic_import", "info", "What is loaded is decided while running.", uses(patterns=_DYNAMIC)),
    _of_code("encoded_blob", "info", "Code holds a long encoded string.", encoded_blob),
    _of_code("minified_code", "info", "Code is minified.", minified),
    rule("info", scan_truncated),
)
"""The rules on code, in the order they are reported."""
