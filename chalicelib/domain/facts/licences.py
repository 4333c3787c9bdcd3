"""How a package.json declares its licence, and whether that reads as an SPDX expression.

The grammar is that of SPDX 2.3, annex D, as npm's `spdx-expression-parse` takes it: identifiers in their
exact case, `AND`, `OR` and `WITH` in any case. npm's own words `UNLICENSED` and `SEE LICENSE IN <file>` are
valid in a package.json, but they are no expressions.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from chalicelib.domain.facts.spdx import EXCEPTIONS, LICENCES

_WORD: Final = re.compile(r"[()]|[^\s()]+")
_REFERENCE: Final = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_LICENCE_FILE: Final = re.compile(
    r"(?:[a-z0-9]+-)?(?:(?:un)?licen[cs]es?|copying)(?:[-._].*)?", re.IGNORECASE
)
_CODE: Final = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".jsx", ".tsx", ".json", ".map")

# Which kind of word may follow which; an expression starts as after an operator.
_ENDS: Final = frozenset({"licence", "reference", "exception", "close"})
_FOLLOWS: Final = frozenset(
    {(before, after) for before in ("operator", "open") for after in ("licence", "reference", "open")}
    | {(before, after) for before in _ENDS for after in ("operator", "close")}
    | {("licence", "with"), ("with", "exception")}
)


def declared_licence(package_json: Mapping[str, Any]) -> str | None:
    """Answer the licence a package.json declares; old forms (objects, lists) become an expression."""
    for field in ("license", "licence", "licenses"):
        names = _names(package_json.get(field))
        if names:
            return names[0] if len(names) == 1 else f"({' OR '.join(names)})"
    return None


def is_spdx_expression(text: str) -> bool:
    """Answer whether a text is an SPDX licence expression of known identifiers.

    One pass that only counts parentheses is enough, since nothing but validity is asked.
    """
    depth, before = 0, "operator"
    for word in _WORD.findall(text):
        kind = _kind(word, before)
        if (before, kind) not in _FOLLOWS:
            return False
        depth += {"open": 1, "close": -1}.get(kind, 0)
        if depth < 0:
            return False
        before = kind
    return depth == 0 and before in _ENDS


def licence_files(paths: Iterable[str]) -> list[str]:
    """Answer the licence files among a package's paths: at its root, or in a root folder `LICENSES`."""
    return [path for path in paths if _is_licence_file(path)]


def _kind(word: str, before: str) -> str:
    if word in "()":
        return "open" if word == "(" else "close"
    if word.upper() in {"AND", "OR"}:
        return "operator"
    if word.upper() == "WITH":
        return "with"
    if before == "with":
        return "exception" if word in EXCEPTIONS else "unknown"
    if word.removesuffix("+") in LICENCES:
        return "licence"
    return "reference" if _REFERENCE.fullmatch(word) else "unknown"


def _names(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    names = (item.get("type") or item.get("name") if isinstance(item, Mapping) else item for item in items)
    return [name.strip() for name in names if isinstance(name, str) and name.strip()]


def _is_licence_file(path: str) -> bool:
    folder, _, base = path.rpartition("/")
    if folder:
        return folder.upper() == "LICENSES"
    return _LICENCE_FILE.fullmatch(base) is not None and not base.lower().endswith(_CODE)
