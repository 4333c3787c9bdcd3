"""Ports of this machine: which are free, and which the environment asks for."""

import contextlib
import socket
from collections.abc import Mapping

from chalicelib.settings import port


class PortTaken(Exception):
    """Somebody listens on the port; the message names the variable to change."""

    def __init__(self, name: str, port: int) -> None:
        super().__init__(f"port {port} is in use; set {name} to another, or to 0 for any free one")


def requested(environ: Mapping[str, str], name: str, default: int) -> int:
    """Answer the port a variable asks for, a free one for 0; raises InvalidSettings and PortTaken."""
    wanted = port(environ, name, default)
    if not is_free(wanted):
        raise PortTaken(name, wanted)
    return wanted or free_port()


def free_port() -> int:
    """Answer a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Tell whether nobody listens on a port of this machine now."""
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False
