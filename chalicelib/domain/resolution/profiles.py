"""The runtimes as data: which conditions each one has and where it departs from Node's documented algorithm.

Measured by asking the releases named here; `release` is None for a profile taken from documentation alone. A
new runtime is a new profile, never a new branch in the resolver.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from chalicelib.domain.resolution.paths import as_url, decoded, literal, slashed

Mode = Literal["import", "require"]
FormatRule = Literal["declared", "declared_unless_esm", "content"]
PathReader = Callable[[str], str | None]

_NODE_SEGMENTS: Final = re.compile(
    r"(?:^|[\\/])(?:(?:\.|%2e){1,2}|(?:n|%6e|%4e)(?:o|%6f|%4f)(?:d|%64|%44)(?:e|%65|%45)(?:_|%5f)"
    r"(?:m|%6d|%4d)(?:o|%6f|%4f)(?:d|%64|%44)(?:u|%75|%55)(?:l|%6c|%4c)(?:e|%65|%45)(?:s|%73|%53))(?:[\\/]|$)",
    re.IGNORECASE,
)
_PLAIN_SEGMENTS: Final = re.compile(r"(?:^|[\\/])(?:\.\.?|node_modules)(?:[\\/]|$)")


class TargetRules(NamedTuple):
    """How a runtime reads `exports` and the targets in it."""

    read: PathReader = as_url
    """How the text of a target names a file."""
    invalid_segments: re.Pattern[str] = _NODE_SEGMENTS
    """What no segment of a target or of the text for `*` may be."""
    null_is_no_match: bool = False
    """A condition whose value is null (or an array of nulls) is passed over; otherwise it hides."""
    ignores_non_strings: bool = False
    """A number or boolean as target is passed over; otherwise it is invalid."""
    array_goes_on: bool = True
    """After an invalid or null item of an array the next is tried."""
    index_keys_allowed: bool = False
    """Keys such as `0` among conditions are passed over; otherwise the whole map is invalid."""
    scalar_is_absent: bool = True
    """`exports: false`, a number or `true` counts as no `exports`."""
    star_may_be_empty: bool = False
    """The `*` at the end of a key may stand for nothing."""
    stars: int = -1
    """How many `*` of a target are replaced; -1 is all of them."""
    failures_are_no_match: bool = False
    """A target that is invalid or whose file does not exist is passed over; otherwise it ends the search."""
    folder_mappings: bool = False
    """`"./lib/": "./lib/"` maps a folder, as Node did before 17."""
    retries_without_js: bool = False
    """A subpath that fails and ends with `.js` is tried without it."""
    always_package_json: bool = False
    """`./package.json` can be imported although it is not exported."""


class LegacyRules(NamedTuple):
    """How a runtime finds a file where `exports` has no say; extensions are tried in the order given."""

    main_extensions: tuple[str, ...] = ()
    """What may be missing from `main`, also after `/index`."""
    extensions: tuple[str, ...] = ()
    """What may be missing elsewhere: the root's `index`, and subpaths if `searches_subpaths`."""
    order: tuple[str, ...] = ("main", "index")
    """The places looked at when the package.json has a `main`."""
    order_without_main: tuple[str, ...] = ("index",)
    """The places looked at when it has none; `index_beside_module` has the extensions of `main`."""
    searches_subpaths: bool = True
    """A subpath may lack its extension or name a folder; otherwise it must be a file's exact path."""
    read_main: PathReader = literal
    """How the text of `main` names a file."""
    read_subpath: PathReader = literal
    """How a subpath names a file."""
    escaping_main_refused: bool = False
    """A `main` outside the package is an error; otherwise it is as good as missing."""
    final_slash_is_folder: bool = False
    """A `main` that ends with a slash is a folder; otherwise it may also lack its extension."""


class ImportRules(NamedTuple):
    """How a runtime reads `imports`, beside what TargetRules say of both fields."""

    builtin_schemes: tuple[str, ...] = ()
    """What a target that names a built-in module may begin with; without a scheme it always may."""
    requires_builtins: bool = True
    """`require` too may lead to a built-in module."""
    slash_names: bool = True
    """A name may begin with `#/`."""
    checks_exports: bool = False
    """`exports` that mix subpaths and conditions make `imports` unreadable as well."""
    returns_as: Mode | None = "import"
    """By which mode's LegacyRules a target that names the package itself is found; None is the mode of the import."""


class Profile(NamedTuple):
    """One runtime: its conditions for each mode and its rules."""

    name: str
    conditions: Mapping[Mode, frozenset[str]]
    legacy: Mapping[Mode, LegacyRules]
    release: str | None = None
    type_conditions: frozenset[str] = frozenset({"types", "node", "default"})
    targets: TargetRules = TargetRules()
    imports: ImportRules = ImportRules()
    rewrites: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """For an extension whose file is missing, those that are tried in its place."""
    formats: FormatRule = "declared"
    """Whether extension and `type` decide how a file is run, or what it holds."""
    ignores_query: bool = False
    """A `?query` after a subpath is cut off before anything is looked up."""


def _conditions(*shared: str, also_import: str = "") -> Mapping[Mode, frozenset[str]]:
    return MappingProxyType(
        {
            "import": frozenset({*shared, "import", "default", *also_import.split()}),
            "require": frozenset({*shared, "require", "default"}),
        }
    )


def _modes(imports: LegacyRules, requires: LegacyRules) -> Mapping[Mode, LegacyRules]:
    return MappingProxyType({"import": imports, "require": requires})


_NODE_LEGACY: Final = LegacyRules(
    main_extensions=(".js", ".json", ".node"), extensions=(".js", ".json", ".node")
)
_DENO_EXTENSIONS: Final = (".js", ".cjs", ".mjs", ".wasm", ".json", ".node")
_BUN_MAIN: Final = (".js", ".cjs", ".cts", ".tsx", ".ts", ".jsx", ".json")
_BUN_LEGACY: Final = LegacyRules(
    main_extensions=_BUN_MAIN,
    extensions=(".mjs", ".jsx", ".mts", ".js", ".cjs", ".tsx", ".ts", ".cts", ".json"),
    order=("main", "module", "index"),
    order_without_main=("index_beside_module", "module", "index"),
    read_main=slashed,
    read_subpath=slashed,
    final_slash_is_folder=True,
)
_BUNDLED_LEGACY: Final = LegacyRules(
    main_extensions=(".js", ".json"),
    extensions=(".mjs", ".js", ".json"),
    order=("module", "main", "index"),
    order_without_main=("module", "index"),
)

NODE: Final = Profile(
    name="node",
    release="26.10.0",
    conditions=_conditions("node", "node-addons", "module-sync"),
    imports=ImportRules(requires_builtins=False),
    legacy=_modes(_NODE_LEGACY._replace(searches_subpaths=False, read_subpath=as_url), _NODE_LEGACY),
)

DENO: Final = Profile(
    name="deno",
    release="2.9.6",
    conditions=_conditions("node", "module-sync", also_import="deno"),
    targets=TargetRules(
        read=literal,
        invalid_segments=_PLAIN_SEGMENTS,
        null_is_no_match=True,
        ignores_non_strings=True,
        index_keys_allowed=True,
        stars=1,
    ),
    imports=ImportRules(builtin_schemes=("node:",), checks_exports=True),
    legacy=_modes(
        LegacyRules(
            main_extensions=(".js",),
            extensions=(".js",),
            searches_subpaths=False,
            escaping_main_refused=True,
            final_slash_is_folder=True,
        ),
        LegacyRules(
            main_extensions=_DENO_EXTENSIONS,
            extensions=_DENO_EXTENSIONS,
            escaping_main_refused=True,
        ),
    ),
    formats="declared_unless_esm",
)

BUN: Final = Profile(
    name="bun",
    release="1.4.5",
    conditions=_conditions("bun", "node", "node-addons"),
    targets=TargetRules(
        read=decoded,
        array_goes_on=False,
        index_keys_allowed=True,
        scalar_is_absent=False,
        folder_mappings=True,
        star_may_be_empty=True,
        retries_without_js=True,
        always_package_json=True,
    ),
    imports=ImportRules(builtin_schemes=("node:", "bun:"), slash_names=False, returns_as=None),
    legacy=_modes(
        _BUN_LEGACY,
        _BUN_LEGACY._replace(
            extensions=(".jsx", ".cjs", ".js", ".mjs", ".mts", ".tsx", ".ts", ".cts", ".json", ".node"),
        ),
    ),
    rewrites=MappingProxyType({".js": (".ts", ".tsx", ".mts"), ".jsx": (".ts", ".tsx", ".mts")}),
    formats="content",
    ignores_query=True,
)

WORKERS: Final = Profile(
    name="workers",
    conditions=_conditions("workerd", "worker", "browser"),
    type_conditions=frozenset({"types", "workerd", "worker", "browser", "default"}),
    legacy=_modes(_BUNDLED_LEGACY, _BUNDLED_LEGACY),
)

BROWSER: Final = WORKERS._replace(
    name="browser",
    conditions=_conditions("browser", "module"),
    type_conditions=frozenset({"types", "browser", "default"}),
)

EDGE_LIGHT: Final = WORKERS._replace(
    name="edge-light",
    conditions=_conditions("edge-light", "worker", "browser", "module"),
    type_conditions=frozenset({"types", "edge-light", "worker", "browser", "default"}),
)

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {profile.name: profile for profile in (NODE, DENO, BUN, WORKERS, BROWSER, EDGE_LIGHT)}
)
"""The runtimes that can be asked for, by name."""
