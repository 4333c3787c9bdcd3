"""What is sent: reads over several connections, and publishes one after the other."""

import http.client
import json
import math
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from benchmarks.peers.reader import ask
from benchmarks.peers.servers import Server, packed, version_of
from tests.clients.wire import publish_document

ABBREVIATED = "application/vnd.npm.install-v1+json"


class Measured(NamedTuple):
    """How many answers a second, and how long they took in milliseconds."""

    rate: float
    p50: float
    p99: float
    bytes: int = 0


def read(
    url: str, headers: Mapping[str, str], *, seconds: float, connections: int, expected: int
) -> Measured:
    """Ask for one address as often as it is answered; raises AssertionError on any other status."""
    answered, took = ask(url, headers, seconds=seconds, connections=connections)
    wrong = {answer.status for answer in answered} - {expected}
    assert not wrong, f"{url} was also answered with {wrong}, and not always with {expected}"
    times = [answer.seconds * 1000 for answer in answered]
    return Measured(len(answered) / took, _percentile(times, 50), _percentile(times, 99))


def headers_of(url: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], int]:
    """Ask once, and answer the status, the headers and the size of what came."""
    connection, path = _connect(url)
    connection.request("GET", path, headers=dict(headers))
    answer = connection.getresponse()
    size = len(answer.read())
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, size


def publish(server: Server, name: str, described: Mapping[str, Any], *, first: int, count: int) -> Measured:
    """Publish so many more versions, one after the other on one connection."""
    connection, path = _connect(f"{server.url}{name}")
    allowed = {"Authorization": f"Bearer {server.token}"} if server.token else {}
    sent = {"Content-Type": "application/json", **allowed}
    times = []
    for number in range(first, first + count):
        version = version_of(described, name, number)
        body = json.dumps(publish_document(version, packed(version), registry=server.url)).encode()
        started = time.perf_counter()
        connection.request("PUT", path, body, sent)
        answer = connection.getresponse()
        told = answer.read()
        times.append((time.perf_counter() - started) * 1000)
        assert answer.status in {200, 201}, told
    connection.close()
    return Measured(1000 * count / sum(times), _percentile(times, 50), _percentile(times, 99))


def _percentile(times: list[float], share: int) -> float:
    return sorted(times)[max(0, math.ceil(len(times) * share / 100) - 1)]


def _connect(url: str) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.netloc, timeout=120), parts.path
