"""Asks for one address over several connections, each asking again as soon as it was answered.

Load tools written in JavaScript take longer to read a body of some hundred kilobytes than a registry takes to send it,
and would measure themselves. This one reads bodies by their framing and looks at nothing else.
"""

import re
import selectors
import socket
import time
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

PIECE_BYTES: Final = 1 << 20
HEAD_END: Final = b"\r\n\r\n"

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CHUNK: Final = re.compile(rb"([0-9a-f]+)[^\r\n]*\r\n", re.IGNORECASE)


class Answered(NamedTuple):
    """One answer: its status, and how many seconds it took."""

    status: int
    seconds: float


class Connection:
    """One connection with one request under way; raises ConnectionError when the server has had enough."""

    def __init__(self, address: tuple[str, int], request: bytes) -> None:
        self.socket = socket.create_connection(address, timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self.ask()

    def ask(self) -> None:
        """Send the request once more."""
        self._head = b""
        self._status = 0
        self._missing: int | None = None
        self._chunks: bytearray | None = None
        self._started = time.perf_counter()
        self.socket.sendall(self._request)

    def read(self) -> Answered | None:
        """Take in what has come; answers the answer once all of it has."""
        data = self.socket.recv(PIECE_BYTES)
        if not data:
            raise ConnectionError("the server closed a connection that was to be kept")
        if not self._status:
            self._head += data
            head, end, data = self._head.partition(HEAD_END)
            if not end:
                return None
            self._open(head)
        if not self._is_complete(data):
            return None
        return Answered(self._status, time.perf_counter() - self._started)

    def _open(self, head: bytes) -> None:
        self._status = int(head[9:12])
        length = _LENGTH.search(head)
        if self._status in {204, 304}:
            self._missing = 0
        elif length is not None:
            self._missing = int(length[1])
        elif _CHUNKED.search(head):
            self._chunks = bytearray()
        else:
            raise ConnectionError("an answer says neither how long it is nor that it comes in chunks")

    def _is_complete(self, data: bytes) -> bool:
        if self._chunks is None:
            assert self._missing is not None, "the head was read"
            self._missing -= len(data)
            return self._missing <= 0
        self._chunks += data
        while found := _CHUNK.match(self._chunks):
            size = int(found[1], 16)
            if len(self._chunks) < found.end() + size + 2:
                return False
            del self._chunks[: found.end() + size + 2]
            if size == 0:
                return True
        return False


class Asked(NamedTuple):
    """All that was answered, and within how many seconds."""

    answered: list[Answered]
    seconds: float


def ask(url: str, headers: Mapping[str, str], *, seconds: float, connections: int) -> Asked:
    """Ask an address for so many seconds, or longer until as many answers have come as there are connections."""
    parts = urlsplit(url)
    sent = {"Host": parts.netloc, "Connection": "keep-alive", **headers}
    lines = [f"GET {parts.path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    request = "\r\n".join(lines).encode()
    address = (parts.hostname or "", parts.port or 80)
    answered: list[Answered] = []
    started = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        opened = [Connection(address, request) for _ in range(connections)]
        for connection in opened:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        while time.perf_counter() - started < seconds or len(answered) < connections:
            for key, _ in selector.select(timeout=1):
                if (answer := key.data.read()) is not None:
                    answered.append(answer)
                    key.data.ask()
        took = time.perf_counter() - started
        for connection in opened:
            connection.socket.close()
    return Asked(answered, took)
