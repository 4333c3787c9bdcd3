"""What npm's clients say in headers."""

from time import process_time

import pytest

from chalicelib.api.npm.requests import ABBREVIATED, accepts_gzip, form_of
from chalicelib.api.requests import Request


def asked(**headers: str) -> Request:
    return Request(
        "GET", "/npm/demo", headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (f"{ABBREVIATED}; q=1.0, application/json; q=0.8, */*", "abbreviated"),
        (f"application/json;q=0.8 ,  {ABBREVIATED} ; q=1.0", "abbreviated"),
        (f"application/json, {ABBREVIATED};q=0.5", "full"),
        ("application/json", "full"),
        ("*/*", "full"),
        ("", "full"),
    ],
)
def test_the_form_is_the_one_that_is_liked_better(accept: str, form: str) -> None:
    assert form_of(asked(accept=accept)) == form


@pytest.mark.parametrize(
    ("encodings", "accepted"),
    [("gzip, deflate, br", True), (" deflate ,gzip ; q=0", False), ("*", True), ("br", False), ("", False)],
)
def test_gzip_is_sent_to_who_reads_it(encodings: str, accepted: bool) -> None:
    assert accepts_gzip(asked(accept_encoding=encodings)) is accepted


def test_a_header_of_blanks_is_read_at_once() -> None:
    started = process_time()

    form_of(asked(accept="," + " " * 10_000 + ","))

    assert process_time() - started < 1
