"""The list of trusted publishers, and the order of the audit log."""

import pytest

from chalicelib.domain.audit import AuditEntry, is_place
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.publishers import (
    MAX_PUBLISHERS,
    PublisherNotAllowed,
    PublisherNotFound,
    TrustedPublisher,
    TrustedPublishers,
    publisher_name,
    publisher_pattern,
)

AT = "2026-01-01T00:00:00.000Z"


def line(name: str, *packages: str) -> TrustedPublisher:
    """Answer a line of the list."""
    return TrustedPublisher(name=name, packages=list(packages) or ["*"], allowed_at=AT, allowed_by="admin")


def test_a_list_on_which_nobody_ever_was_trusts_everybody() -> None:
    TrustedPublishers().check("anybody", "demo")


@pytest.mark.parametrize(
    ("publisher", "package", "trusted"),
    [
        pytest.param("alice", "demo", True, id="named"),
        pytest.param("Alice", "demo", False, id="in-another-case"),
        pytest.param("alice2", "demo", False, id="a-longer-name"),
        pytest.param("ci-build", "@acme/a", True, id="by-pattern"),
        pytest.param("ci-build", "demo", False, id="another-package"),
        pytest.param("mallory", "@acme/a", False, id="not-listed"),
        pytest.param("AWS:AROA:deploy", "demo", True, id="a-principal"),
    ],
)
def test_a_list_trusts_those_on_it_with_their_packages(publisher: str, package: str, trusted: bool) -> None:
    publishers = TrustedPublishers(publishers=[line("alice"), line("ci-*", "@acme/*"), line("AWS:*:deploy")])

    if trusted:
        publishers.check(publisher, package)
    else:
        with pytest.raises(PublisherNotAllowed, match=f"`{publisher}` is not one of the publishers"):
            publishers.check(publisher, package)


def test_a_line_takes_the_place_of_the_one_with_its_name() -> None:
    publishers = (
        TrustedPublishers().allowing(line("bob")).allowing(line("alice")).allowing(line("bob", "demo"))
    )

    assert [(known.name, known.packages) for known in publishers.publishers] == [
        ("alice", ["*"]),
        ("bob", ["demo"]),
    ]
    assert [known.name for known in publishers.without("alice").publishers] == ["bob"]


def test_a_list_from_which_the_last_was_taken_trusts_nobody() -> None:
    emptied = TrustedPublishers().allowing(line("alice")).without("alice")

    with pytest.raises(PublisherNotAllowed):
        emptied.check("alice", "demo")


def test_who_is_not_on_the_list_cannot_be_removed() -> None:
    with pytest.raises(PublisherNotFound):
        TrustedPublishers(publishers=[line("ci-*")]).without("ci-build")


def test_a_full_list_takes_no_more_but_changes() -> None:
    full = TrustedPublishers(publishers=[line(f"p{number}") for number in range(MAX_PUBLISHERS)])

    assert len(full.allowing(line("p7", "demo")).publishers) == MAX_PUBLISHERS
    with pytest.raises(InvalidPayload):
        full.allowing(line("one more"))


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x1b[31m", "a" * 201, "a\u202eb"])
def test_names_are_short_and_printable(name: str) -> None:
    for read in (publisher_name, publisher_pattern):
        with pytest.raises(InvalidPayload, match="`name`"):
            read(name)


def test_a_name_is_one_however_its_letters_are_encoded() -> None:
    assert publisher_name("Zoe\u0308") == publisher_pattern("Zo\u00eb") == "Zo\u00eb"


def test_a_token_speaks_as_one_and_a_line_may_mean_many() -> None:
    assert publisher_name(" Zoë Ñ ") == "Zoë Ñ"
    assert publisher_pattern("ci-*") == "ci-*"
    with pytest.raises(InvalidPayload):
        publisher_name("ci-*")


def test_places_in_the_log_descend_with_time() -> None:
    moments = ["1970-01-01T00:00:00.001Z", AT, "2026-01-01T00:00:00.001Z", "9999-12-31T23:59:59.999Z"]
    entries = [
        AuditEntry(id="0" * 12, at=at, by="admin", action="token.create", subject="x") for at in moments
    ]

    places = [entry.place for entry in entries]

    assert places == sorted(places, reverse=True)
    assert all(map(is_place, places))
    assert "20260101T000000000Z" in places[1]


@pytest.mark.parametrize("text", ["", "../x", "0" * 15, f"{'0' * 15}-20260101T000000000Z-{'0' * 12}\n"])
def test_what_is_no_place_is_none(text: str) -> None:
    assert not is_place(text)
