"""Every difference between Prism and a program it is measured against that is known and kept."""

from typing import Final

from chalicelib.domain.resolution.builtins import replacement
from tests.conformance.comparing import MATRIX, Compared, Declared


def _main_ends_with_slash(case: Compared) -> bool:
    if (case.asked, case.mode, case.theirs) != ("node", "import", None) or "/" in case.specifier:
        return False
    main = case.package_json.get("main")
    return (
        isinstance(main, str) and main.endswith("/") and (case.ours or "").endswith(f"{main.strip('./')}.js")
    )


def _is_replaced(case: Compared) -> bool:
    return case.theirs is None and replacement(case.specifier, case.asked) is not None


def _type_is_no_text(case: Compared) -> bool:
    stated = case.package_json.get("type")
    return case.asked == "node" and case.theirs is None and not isinstance(stated, str | None)


def _nothing_tells(case: Compared) -> bool:
    undecided = {"bun": {"neither", "word", "require"}, "deno": {"neither", "word"}}.get(case.asked, set())
    return case.area == MATRIX and case.theirs is not None and case.specifier.rpartition("-")[2] in undecided


DECLARED: Final = (
    Declared(
        "built-in instead of the package",
        "The runtime loads a module of its own for this name, even where the package is installed. Prism answers the "
        "file of the package, which a bundler or another runtime does load, and names the built-in beside it.",
        _is_replaced,
    ),
    Declared(
        "main with a final slash",
        "For `main: lib/` beside a `lib.js`, Node 26.10.0 finds `lib.js` and then loads `lib/.js`, which does not "
        "exist. Prism answers the file that was found, as `require` does.",
        _main_ends_with_slash,
    ),
    Declared(
        "type is no text",
        "Node 26.10.0 loads nothing of a package whose `type` is a number; Deno and Bun load it as if it had none, and "
        "so does Prism for all three.",
        _type_is_no_text,
    ),
    Declared(
        "nothing written tells",
        "Of files with neither `import` nor `export` nor `exports`, Bun ran some as modules and some as CommonJS, by "
        "no rule that was found, and Deno takes one without an extension for CommonJS. Prism answers what is declared.",
        _nothing_tells,
    ),
)
