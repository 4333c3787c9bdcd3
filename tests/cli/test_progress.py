"""Progress: a bar where somebody is looking, plain lines elsewhere."""

import io

from chalicelib.cli.environment import Clock, Environment
from chalicelib.cli.progress import Progress, Watched
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
        "██████░░░░░░░░░░░░░░░░░░  25%  500 B of 2.0 kB\x1b[K",
        "████████████░░░░░░░░░░░░  50%  1.0 kB of 2.0 kB\x1b[K",
        "██████████████████░░░░░░  75%  1.5 kB of 2.0 kB\x1b[K",
        "████████████████████████ 100%  2.0 kB of 2.0 kB\x1b[K",
        "████████████████████████ 100%  2.0 kB of 2.0 kB\x1b[K",
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
