"""A network that fails: a TCP proxy that counts what passes, and cuts connections where it is told to."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

PIECE: Final = 1 << 16

Budget = Callable[[], int | None]
"""Answers how many bytes the next connection may bring to the server before it is cut, None for any number."""


class Network:
    """What connects clients at `url` with a server; `sent` and `received` are the bytes that have passed.

    `budget` and `back` say when a connection is cut: after so many bytes to the server, or from it.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.sent = 0
        self.received = 0
        self.cuts = 0
        self.connections = 0
        self.budget: Budget = lambda: None
        self.back: Budget = lambda: None
        self._sides: set[socket.socket] = set()
        self.after: Callable[[int], None] = lambda _: None

    def run(self) -> None:
        """Connect clients until the listener is closed."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._connect, args=(client, self.budget()), daemon=True).start()

    def close(self) -> None:
        """Connect nobody any more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def lose(self) -> None:
        """Cut all connections, and connect nobody any more."""
        self.close()
        for side in list(self._sides):
            _reset(side)

    def _connect(self, client: socket.socket, budget: int | None) -> None:
        try:
            server = socket.create_connection(self._target, timeout=60)
        except OSError:
            _reset(client)
            return
        self._sides |= {client, server}
        back = threading.Thread(target=self._return, args=(server, client, self.back()), daemon=True)
        back.start()
        if self._forward(client, server, budget):
            back.join()
        self._sides -= {client, server}
        for side in (client, server):
            side.close()

    def _forward(self, client: socket.socket, server: socket.socket, budget: int | None) -> bool:
        """Bring bytes to the server; answers whether the client had no more, and not that the line was cut."""
        passed = 0
        with contextlib.suppress(OSError):
            while data := client.recv(PIECE):
                kept = data if budget is None else data[: budget - passed]
                server.sendall(kept)
                passed += len(kept)
                with self._lock:
                    self.sent += len(kept)
                self.after(self.sent)
                if budget is not None and passed >= budget:
                    self.cuts += 1
                    _reset(client)
                    _reset(server)
                    return False
            server.shutdown(socket.SHUT_WR)
        return True

    def _return(self, server: socket.socket, client: socket.socket, budget: int | None) -> None:
        """Bring bytes back from the server, until there are no more or the line is cut."""
        passed = 0
        with contextlib.suppress(OSError):
            while data := server.recv(PIECE):
                kept = data if budget is None else data[: budget - passed]
                client.sendall(kept)
                passed += len(kept)
                with self._lock:
                    self.received += len(kept)
                if budget is not None and passed >= budget:
                    self.cuts += 1
                    client.shutdown(socket.SHUT_RDWR)
                    _reset(server)
                    return
            client.shutdown(socket.SHUT_WR)


def _reset(side: socket.socket) -> None:
    """End a connection as a lost network does: without a word."""
    with contextlib.suppress(OSError):
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        side.shutdown(socket.SHUT_RDWR)
    side.close()


@contextlib.contextmanager
def network(target: str) -> Iterator[Network]:
    """Run a network in front of a server while the block runs."""
    running = Network(target)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.close()
        thread.join(timeout=10)
