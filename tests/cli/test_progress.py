"""Progress: a bar where somebody is looking, plain lines elsewhere."""

import io

import pytest

from chalicelib.cli.environment import Clock, Environment
from chalicelib.cli.progress import Progress, Speed, Watched, time_left
from tests.cli.conftest import Terminal, text


def _send(stream: io.StringIO, total: int, chunk: int, *, seconds: float = 1.0) -> str:
    times = iter(number * seconds for number in range(1_000_000))
    progress = Progress(Environment(stderr=stream, clock=Clock(now=lambda: next(times))), total)
    progress.start()
    body = Watched(io.BytesIO(bytes(total)), progress)
    while body.read(chunk):
        pass
    progress.finish()
    return stream.getvalue()


def test_a_terminal_gets_a_bar_that_is_taken_away_in_the_end() -> None:
    drawn = _send(Terminal(), total=2000, chunk=500).split("\r")

    assert drawn == [
        "",
        "██████░░░░░░░░░░░░░░░░░░  25%  500 B of 2.0 kB, 500 B/s, 3 s left\x1b[K",
        "████████████░░░░░░░░░░░░  50%  1.0 kB of 2.0 kB, 500 B/s, 2 s left\x1b[K",
        "██████████████████░░░░░░  75%  1.5 kB of 2.0 kB, 500 B/s, 1 s left\x1b[K",
        "████████████████████████ 100%  2.0 kB of 2.0 kB, 500 B/s\x1b[K",
        "████████████████████████ 100%  2.0 kB of 2.0 kB, 400 B/s\x1b[K",
        "\x1b[K",
    ]


def test_the_bar_is_not_drawn_more_often_than_one_can_see() -> None:
    drawn = _send(Terminal(), total=1_000_000, chunk=1000, seconds=0.001).split("\r")

    assert len(drawn) < 20


def test_elsewhere_a_small_upload_is_one_line() -> None:
    assert _send(io.StringIO(), total=2000, chunk=500) == "uploading 2.0 kB\n"


def test_elsewhere_a_large_upload_tells_its_quarters() -> None:
    assert _send(io.StringIO(), total=4 << 20, chunk=1 << 16) == text("""
        uploading 4.2 MB
        uploaded 25%
        uploaded 50%
        uploaded 75%
    """)


def test_a_transfer_that_goes_on_begins_with_what_is_there() -> None:
    stream = io.StringIO()
    progress = Progress(Environment(stderr=stream), 4 << 20)

    progress.start(at=1 << 20)
    progress.advance(2 << 20)

    assert stream.getvalue() == text("""
        uploading 4.2 MB, of which 1.0 MB are there
        uploaded 75%
    """)


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["plain", "terminal"])
def test_who_wants_quiet_gets_it(stream: io.StringIO) -> None:
    progress = Progress(Environment(stderr=stream), 4 << 20, quiet=True)

    progress.start()
    progress.advance(2 << 20)
    progress.say("something")
    progress.finish()

    assert stream.getvalue() == ""


def test_what_is_said_stands_on_a_line_of_its_own() -> None:
    stream = Terminal()
    progress = Progress(Environment(stderr=stream), 1000)

    progress.start()
    progress.advance(500)
    progress.say("the network is gone")

    assert stream.getvalue().endswith("\r\x1b[Kthe network is gone\n")


def test_the_speed_is_that_of_the_last_seconds() -> None:
    speed = Speed()

    told = [speed.at(second, done) for second, done in [(0, 0), (5, 5000), (10, 10_000), (30, 12_000)]]

    assert told == [0, 1000, 1000, 100]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.2, "1 s"),
        (89, "89 s"),
        (90, "2 min"),
        (3600, "60 min"),
        (7800, "2 h 10 min"),
    ],
)
def test_the_time_left_is_told_as_exactly_as_it_is_known(seconds: float, told: str) -> None:
    assert time_left(seconds) == told
