"""One exchange over HTTP/1.1, by the standard library: with an address that was judged before, until a moment at most.

Proxies of the environment are passed over: one would make the connection by itself, to whatever a name means there.
"""

import io
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from typing import Any, Final

from chalicelib.domain.upstream import BadUpstream, UpstreamUnavailable
from chalicelib.services.upstream.addresses import Address, resolve

CONNECT_SECONDS: Final = 5.0
SILENCE_SECONDS: Final = 10.0
"""After so many without a byte nothing more is waited for."""


class Deadline:
    """A moment by which something has to be done."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float) -> float:
        """Answer how many seconds there are, up to `most`; raises UpstreamUnavailable when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise UpstreamUnavailable("it takes too long to answer")
        return min(left, most)


@contextmanager
def exchange(
    address: Address, headers: Mapping[str, str], deadline: Deadline, *, trusted: bool
) -> Iterator[HTTPResponse]:
    """Send a GET and answer its response while the block runs, whose body may be read no longer than the deadline.

    Raises UpstreamUnavailable, BadUpstream, and UpstreamAddressRefused where the host is not `trusted` or public.
    """
    connection = _Connection(address, deadline, trusted=trusted)
    try:
        connection.request("GET", address.target, headers={"Host": address.host, **headers})
        yield connection.getresponse()
    except TimeoutError:
        raise UpstreamUnavailable("it takes too long to answer") from None
    except ssl.SSLCertVerificationError as error:
        raise BadUpstream(f"its certificate is not valid: {error.verify_message}") from None
    except (IncompleteRead, RemoteDisconnected):
        raise UpstreamUnavailable("the connection was closed too early") from None
    except HTTPException as error:
        raise BadUpstream(f"it does not speak HTTP as it should ({type(error).__name__})") from None
    except OSError as error:
        raise UpstreamUnavailable(_reason(error)) from None
    finally:
        connection.hang_up()


class _Connection(HTTPConnection):
    """A connection to one of the addresses that a host was judged to have."""

    def __init__(self, address: Address, deadline: Deadline, *, trusted: bool) -> None:
        super().__init__(address.origin.host, address.origin.port)
        self._origin = address.origin
        self._deadline = deadline
        self._trusted = trusted
        self._plain: socket.socket | None = None

    def hang_up(self) -> None:
        """Close the connection, whether all was read or not."""
        self.close()
        if self._plain is not None:
            self._plain.close()

    def connect(self) -> None:
        """Connect to the first address that answers."""
        self._plain = self._connected()
        self._plain.settimeout(self._deadline.left(CONNECT_SECONDS))
        if self._origin.scheme == "https":
            self._plain = _tls().wrap_socket(self._plain, server_hostname=self._origin.host)
        self.sock: Any = _Timed(self._plain, self._deadline)

    def _connected(self) -> socket.socket:
        failure: OSError = OSError("it has no address")
        for host in resolve(self._origin, trusted=self._trusted):
            try:
                return socket.create_connection(
                    (host, self._origin.port), timeout=self._deadline.left(CONNECT_SECONDS)
                )
            except OSError as error:
                failure = error
        raise failure


class _Timed:
    """A socket that is waited for no longer than its deadline, however few bytes it sends at a time."""

    def __init__(self, plain: socket.socket, deadline: Deadline) -> None:
        self._plain = plain
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._plain.settimeout(self._deadline.left(SILENCE_SECONDS))
        self._plain.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._plain, self._deadline))

    def close(self) -> None:
        """Leave the socket open, whose last answer may still be read."""


class _TimedReader(io.RawIOBase):
    """The bytes that a socket receives."""

    def __init__(self, plain: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._plain = plain
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._plain.settimeout(self._deadline.left(SILENCE_SECONDS))
        return self._plain.recv_into(buffer)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _reason(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nobody answers at its address"
    return (error.strerror or str(error) or type(error).__name__).lower()
