"""Every difference between Prism and a program it is measured against that is known and kept."""

from typing import Final

from chalicelib.domain.resolution.builtins import replacement
from tests.conformance.comparing import LOADED, LOADS, MATRIX, WITH_COMMONJS, Compared, Declared


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


def _has_commonjs(case: Compared) -> bool:
    return (case.area, case.mode, case.theirs) == (LOADED, WITH_COMMONJS, LOADS)


def _wants_a_file(case: Compared) -> bool:
    error = str(case.package_json.get("error"))
    return case.area == LOADED and case.theirs == LOADS and "must be a file URL object" in error


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
    Declared(
        "CommonJS at an address",
        "Deno runs what it fetches from an address as ES modules alone, so a package that is CommonJS, or imports "
        "some, has to be installed. The import map still leads to the right files.",
        _has_commonjs,
    ),
    Declared(
        "a module that wants to be a file",
        "`createRequire(import.meta.url)` works in files alone, and a module fetched from an address is none.",
        _wants_a_file,
    ),
)
