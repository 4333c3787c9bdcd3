"""A way between a client and a server that breaks: connections are cut after bytes of a random number."""

import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

PIECE: Final = 1 << 16
WAIT: Final = 60


class Wire:
    """Passes connections on to a port, and cuts them while there are `cuts` left, on average every `mean` bytes."""

    def __init__(self, port: int, *, cuts: int, mean: int, seed: int) -> None:
        self.cut = 0
        self._port, self._left, self._mean = port, cuts, mean
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._budget = self._drawn()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where clients connect."""
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(WAIT)

    def _drawn(self) -> int:
        return int(self._random.expovariate(1 / self._mean)) if self._left else 0

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._port), timeout=WAIT)
            except OSError:
                client.close()
                continue
            ends = threading.Barrier(2)
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(source, target, ends), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, ends: threading.Barrier) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(PIECE):
                if self._is_cut(len(data)):
                    break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(threading.BrokenBarrierError):
            ends.wait(WAIT)
        source.close()

    def _is_cut(self, size: int) -> bool:
        with self._lock:
            if not self._left:
                return False
            self._budget -= size
            if self._budget > 0:
                return False
            self._left -= 1
            self.cut += 1
            self._budget = self._drawn()
            return True


@contextmanager
def wired(port: int, *, cuts: int, mean: int, seed: int) -> Iterator[Wire]:
    """Give a wire while the block runs."""
    wire = Wire(port, cuts=cuts, mean=mean, seed=seed)
    try:
        yield wire
    finally:
        wire.close()
