"""Which built-in modules a program may import on each runtime.

Measured by importing every public built-in of Node 26.10.0 in Node, Deno 2.9.6 and Bun 1.4.5. What Workers
offer is taken from their documentation of `nodejs_compat` and kept to the modules that work in full.
"""

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


def builtin_name(specifier: str) -> str | None:
    """Answer the built-in that a specifier names, without `node:`; None for anything else."""
    if specifier.startswith("node:"):
        return specifier[5:]
    return specifier if specifier in NODE_BUILTINS and specifier not in PREFIX_ONLY else None
