"""The listening side of the local server: threads, graceful stop, and the address it can be reached at."""

import contextlib
import logging
import socket
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from socketserver import ThreadingTCPServer
from typing import Any, Final

from chalicelib.api.local.handler import App, Handler
from chalicelib.telemetry import LOGGER

DEFAULT_LIMIT: Final = 256 << 20
LINGER_SECONDS: Final = 10
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - shown as the address to try, not bound

_LOG: Final = logging.getLogger(f"{LOGGER}.server")


class LocalServer(ThreadingTCPServer):
    """Serves an app on an address; port 0 takes any free one. Raises OSError where it cannot listen."""

    request_queue_size = 128
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, app: App, host: str, port: int, *, limit: int = DEFAULT_LIMIT) -> None:
        self.app = app
        self.limit = limit
        self._working = 0
        self._idle = threading.Condition()
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Handler)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address to send requests to."""
        host, port = self.server_address[:2]
        text = EVERYWHERE.get(str(host), str(host))
        return f"http://{f'[{text}]' if ':' in text else text}:{port}"

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Count a request as being worked on, so that a stop waits for it."""
        with self._idle:
            self._working += 1
        try:
            yield
        finally:
            with self._idle:
                self._working -= 1
                self._idle.notify_all()

    def finish(self, seconds: float) -> bool:
        """Stop listening and wait for the requests being worked on; tells whether all were answered."""
        self.server_close()
        with self._idle:
            return self._idle.wait_for(lambda: self._working == 0, timeout=seconds)

    def linger(self, connection: socket.socket) -> None:
        """Read what a refused client still sends, for a while; closing at once could lose the refusal."""
        deadline, sending = time.monotonic() + LINGER_SECONDS, True
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
            while sending and (seconds := deadline - time.monotonic()) > 0:
                connection.settimeout(seconds)
                sending = bool(connection.recv(1 << 20))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what ended a connection; a client that went away is no error of ours."""
        gone = isinstance(sys.exception(), ConnectionError | TimeoutError)
        _LOG.log(logging.DEBUG if gone else logging.ERROR, "connection ended", exc_info=True)


@contextlib.contextmanager
def running(app: App, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve an app from a thread of this process while the block runs, and answer its address."""
    server = LocalServer(app, host, port)
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.finish(seconds=5)
        thread.join()
