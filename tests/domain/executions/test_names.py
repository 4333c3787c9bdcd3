"""Names of executions tell what they were made of, and sort as it does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.executions.identity import is_id
from chalicelib.domain.executions.names import (
    JobPlace,
    event_name,
    event_stem,
    lease_name,
    numbered_name,
    parse_event_name,
    parse_numbered_name,
)
from chalicelib.domain.executions.records import EventMeta
from chalicelib.storage.port import is_key

TIMES = st.integers(0, 10**15 - 1)
STEPS = st.integers(0, 10**8 - 1)
TYPES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True)
IDS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,127}", fullmatch=True)
NUMBERS = st.one_of(st.none(), st.integers(1, 10**8 - 1))
METAS = st.builds(
    lambda time, step, kind, number: EventMeta(timestamp=time, step_number=step, type=kind, number=number),
    TIMES,
    STEPS,
    TYPES,
    NUMBERS,
)


@given(METAS)
def test_the_name_of_an_event_tells_what_it_was_made_of(meta: EventMeta) -> None:
    assert parse_event_name(event_name(meta, meta.number or 0)) == meta


@given(METAS, METAS)
def test_names_of_different_events_differ(one: EventMeta, other: EventMeta) -> None:
    names = {event_name(meta, meta.number or 0) for meta in (one, other)}

    assert len(names) == (1 if one == other else 2)


@given(METAS, METAS)
def test_names_of_events_sort_by_time_then_step(one: EventMeta, other: EventMeta) -> None:
    first, second = sorted([one, other], key=lambda meta: (meta.timestamp, meta.step_number))

    if (first.timestamp, first.step_number) != (second.timestamp, second.step_number):
        assert event_name(first, first.number or 0) < event_name(second, second.number or 0)


@given(METAS, METAS)
def test_what_names_of_one_moment_begin_with_begins_no_others(one: EventMeta, other: EventMeta) -> None:
    same = (one.timestamp, one.step_number, one.type) == (other.timestamp, other.step_number, other.type)

    assert event_name(other, other.number or 0).startswith(event_stem(one)) == same


@given(st.text(max_size=60))
def test_no_text_is_read_as_a_name_that_it_is_not(text: str) -> None:
    for name in (text, f"event-{text}.json", f"event-1-2-{text}.json"):
        meta = parse_event_name(name)
        assert meta is None or (name.startswith("event-") and name.endswith(".json"))
        assert meta is None or parse_event_name(event_name(meta, meta.number or 0)) == meta


@pytest.mark.parametrize(
    ("name", "step", "kind"),
    [
        pytest.param("event-1700000000000-3-callTools.json", 3, "callTools", id="without-zeros"),
        pytest.param("event-1700000000000-3-a-b-4.json", 3, "a-b-4", id="hyphens"),
        pytest.param("event-1700000000000-3-4-5.json", 3, "4-5", id="digits"),
    ],
)
def test_a_name_without_leading_zeros_is_read(name: str, step: int, kind: str) -> None:
    meta = parse_event_name(name)

    assert meta == EventMeta(timestamp=1_700_000_000_000, step_number=step, type=kind)


@pytest.mark.parametrize(
    "name",
    [
        "event-1-2-a",
        "event-1-2-.json",
        "event-1-2--a.json",
        "event-1--a.json",
        "event--1-2-a.json",
        "event-+1-2-a.json",
        "event-1_0-2-a.json",
        "event-\u0661-2-a.json",
        "event-1-2-a.1.json",
        "event-1-2-a.00000000.json",
        "event-1-2-a.00000001.x.json",
        "event-1-2-a/b.json",
        "event-1-2-a.json\n",
        f"event-{'1' * 16}-2-a.json",
        f"event-1-{'2' * 9}-a.json",
    ],
)
def test_what_no_event_is_named_is_none(name: str) -> None:
    assert parse_event_name(name) is None


@given(st.integers(1, 10**8 - 1), st.integers(1, 10**8 - 1))
def test_numbered_names_sort_as_numbers_and_those_of_leases_the_other_way(one: int, other: int) -> None:
    assert parse_numbered_name(numbered_name(one)) == one
    assert (numbered_name(one) < numbered_name(other)) == (one < other)
    assert (lease_name(one) < lease_name(other)) == (one > other)


@given(TIMES, IDS, st.one_of(st.none(), st.integers(0, 10**8 - 1)))
def test_a_place_tells_what_it_was_made_of(started: int, job_id: str, revision: int | None) -> None:
    place = JobPlace(started, job_id, revision)

    assert JobPlace.parse(str(place)) == place


@given(TIMES, TIMES, IDS, IDS)
def test_places_of_newer_jobs_come_first(one: int, other: int, first: str, second: str) -> None:
    if one != other:
        assert (str(JobPlace(one, first)) < str(JobPlace(other, second))) == (one > other)


@given(st.text(max_size=130))
def test_an_id_is_one_segment_of_a_key_and_stays_in_its_place(text: str) -> None:
    if is_id(text):
        assert is_key(f"jobs/{text}/job.json")
        assert "/" not in text
        assert text == text.lower()
        assert text.isascii()
