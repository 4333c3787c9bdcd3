"""Which built-in modules a program may import on each runtime.

Measured by importing every public built-in of Node 26.10.0 in Node, Deno 2.9.6 and Bun 1.4.5. What Workers
offer is taken from their documentation of `nodejs_compat` and kept to the modules that work in full.
"""

from collections.abc import Mapping
from typing import Final

NODE_BUILTINS: Final = frozenset(
    {
        "assert",
        "assert/strict",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "constants",
        "crypto",
        "dgram",
        "diagnostics_channel",
        "dns",
        "dns/promises",
        "domain",
        "events",
        "ffi",
        "fs",
        "fs/promises",
        "http",
        "http2",
        "https",
        "inspector",
        "inspector/promises",
        "module",
        "net",
        "os",
        "path",
        "path/posix",
        "path/win32",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "readline/promises",
        "repl",
        "sea",
        "sqlite",
        "stream",
        "stream/consumers",
        "stream/promises",
        "stream/web",
        "string_decoder",
        "sys",
        "test",
        "test/reporters",
        "timers",
        "timers/promises",
        "tls",
        "trace_events",
        "tty",
        "url",
        "util",
        "util/types",
        "v8",
        "vm",
        "wasi",
        "worker_threads",
        "zlib",
    }
)
"""Node's public built-in modules, without `node:`."""

PREFIX_ONLY: Final = frozenset({"ffi", "sea", "sqlite", "test", "test/reporters"})
"""Those that Node knows by `node:` alone; without it the name is a package's."""

_WORKERS: Final = frozenset(
    {
        "assert",
        "assert/strict",
        "async_hooks",
        "buffer",
        "console",
        "crypto",
        "diagnostics_channel",
        "events",
        "path",
        "path/posix",
        "path/win32",
        "punycode",
        "querystring",
        "stream",
        "stream/consumers",
        "stream/promises",
        "stream/web",
        "string_decoder",
        "timers",
        "timers/promises",
        "url",
        "util",
        "util/types",
        "zlib",
    }
)

MISSING: Final[dict[str, frozenset[str]]] = {
    "node": frozenset(),
    "deno": frozenset({"ffi", "sea"}),
    "bun": frozenset({"ffi", "sea", "test/reporters"}),
    "workers": NODE_BUILTINS - _WORKERS,
}
"""The built-ins of Node that each runtime lacks."""


_NODE_NAMES: Final = NODE_BUILTINS - PREFIX_ONLY

REPLACED: Final[Mapping[str, Mapping[str, str]]] = {
    "node": {name: f"node:{name}" for name in _NODE_NAMES},
    "deno": {name: f"node:{name}" for name in _NODE_NAMES},
    "bun": {
        **{name: f"node:{name}" for name in _NODE_NAMES},
        "@vercel/fetch": "@vercel/fetch",
        "abort-controller": "abort-controller",
        "abort-controller/polyfill": "abort-controller",
        "bun": "bun",
        "ffi": "bun:ffi",
        "isomorphic-fetch": "isomorphic-fetch",
        "next/dist/compiled/node-fetch": "node-fetch",
        "next/dist/compiled/undici": "undici",
        "next/dist/compiled/ws": "ws",
        "node-fetch": "node-fetch",
        "undici": "undici",
        "utf-8-validate": "utf-8-validate",
        "ws": "ws",
        "ws/lib/websocket": "ws",
    },
    "workers": {name: f"node:{name}" for name in _WORKERS},
}
"""The specifiers for which each runtime loads its own module even where a package of that name is installed."""

REPLACED_IN_PROGRAMS: Final[Mapping[str, Mapping[str, str]]] = {
    "deno": {"sqlite": "node:sqlite", "test": "node:test", "test/reporters": "node:test/reporters"},
}
"""The same in a program's own files alone; inside an installed package the name leads to the package."""

OWN_SCHEMES: Final[Mapping[str, frozenset[str]]] = {"bun:": frozenset({"bun"})}
"""The schemes that are not Node's, and the runtimes that have them."""


def replacement(specifier: str, runtime: str, *, in_package: bool = False) -> str | None:
    """Answer the built-in module that a runtime loads in place of an installed package, None for none."""
    found = REPLACED.get(runtime, {}).get(specifier)
    if found is None and not in_package:
        found = REPLACED_IN_PROGRAMS.get(runtime, {}).get(specifier)
    return found


def has_builtin(specifier: str, runtime: str) -> bool:
    """Tell whether a runtime has the built-in module that a specifier with a scheme names."""
    if specifier.startswith("node:"):
        name = specifier.removeprefix("node:")
        return name in NODE_BUILTINS and name not in MISSING.get(runtime, frozenset())
    return any(specifier.startswith(scheme) and runtime in owners for scheme, owners in OWN_SCHEMES.items())


def builtin_name(specifier: str) -> str | None:
    """Answer the built-in that a specifier names, without `node:`; None for anything else."""
    if specifier.startswith("node:"):
        return specifier[5:]
    return specifier if specifier in NODE_BUILTINS and specifier not in PREFIX_ONLY else None
