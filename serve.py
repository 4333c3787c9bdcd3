"""The registry on this machine: `python serve.py` serves the app until it is interrupted.

HOST (127.0.0.1) and PORT (8000; 0 takes any free one) say where it listens.
"""

import errno
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import urlsplit

from chalicelib.api.local.server import LocalServer
from chalicelib.api.local.worker import LocalWorker
from chalicelib.container import Container, installed
from chalicelib.settings import InvalidSettings, Settings, port

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8000
STOP_SECONDS: Final = 10
MISUSED: Final = 2
GUARDED: Final = ("PRISM_TOKEN holds the token to send; docs/guides/control-access.md says how to make one.",)
NO_ADMIN: Final = ("PRISM_ADMIN_TOKEN is not set, so only tokens are taken that were made before.",)


class CannotListen(Exception):
    """The address cannot be taken; the message names the variable to change."""


def main() -> int:
    """Serve until interrupted or terminated; answers the exit status."""
    try:
        settings = Settings.from_env()
        server = open_server(*address_of(os.environ), limit=settings.limits.payload)
        box = Container(known_as(settings, server, os.environ))
        _ = box.store, box.artifact_store  # what cannot be opened is told before anything is served
    except (InvalidSettings, CannotListen) as error:
        sys.stderr.write(f"error: {error}\n")
        return MISUSED
    with installed(box):
        worker = LocalWorker(box)
        sys.stdout.write(f"{greeting(server.url, settings)}\n")
        sys.stdout.flush()
        serve_until_stopped(server)
        worker.finish(STOP_SECONDS)
    return 0


def known_as(settings: Settings, server: LocalServer, environ: Mapping[str, str]) -> Settings:
    """Answer settings by which the registry is known to npm at the port it listens on, unless they say otherwise."""
    if environ.get("PRISM_REGISTRY_URL", "").strip():
        return settings
    return replace(settings, registry_url=f"http://localhost:{server.server_port}")


def open_server(host: str, port: int, *, limit: int) -> LocalServer:
    """Open the app's server on an address; raises CannotListen."""
    app = import_module("app").app
    try:
        return LocalServer(app, host, port, limit=limit)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(
                f"port {port} is in use; set PORT to another, or to 0 for any free one"
            ) from None
        raise CannotListen(f"cannot listen on {host}, port {port} ({error}); set HOST and PORT") from None


def serve_until_stopped(server: LocalServer) -> None:
    """Serve until a signal says stop, then let the requests being worked on finish."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        server.finish(STOP_SECONDS)


def address_of(environ: Mapping[str, str]) -> tuple[str, int]:
    """Answer where to listen; raises InvalidSettings."""
    return environ.get("HOST", "").strip() or DEFAULT_HOST, port(environ, "PORT", DEFAULT_PORT)


def greeting(url: str, settings: Settings) -> str:
    """Say where the registry is, what it keeps its state in, and commands to try."""
    usual = url == f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
    told = "" if usual else f"PRISM_REGISTRY_URL={url} "
    prism = _command()
    kept = f" under {settings.storage_root}" if settings.storage_driver == "filesystem" else ""
    guarded = settings.access == "token"
    access = "asks for tokens" if guarded else "open to all who reach it"
    token = '-H "Authorization: Bearer $PRISM_TOKEN" ' if guarded else ""
    return "\n".join(
        (
            f"Prism is at {url} ({settings.storage_driver}{kept}; {access}). Try, from another terminal:",
            f"  {told}{prism} publish path/to/package",
            f"  {told}{prism} resolve name@latest",
            f"  curl {token}{url}/v1/packages",
            f"  npm config set registry http://localhost:{urlsplit(url).port}/npm/",
            *(GUARDED if guarded else ()),
            *(NO_ADMIN if guarded and settings.admin_token is None else ()),
        )
    )


def _command() -> str:
    """Answer how the prism command is called from here: from this environment if it is installed in it."""
    installed = Path(sys.executable).with_name("prism")
    if not installed.exists():
        return "prism"
    return os.path.relpath(installed) if installed.is_relative_to(Path.cwd()) else str(installed)


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
