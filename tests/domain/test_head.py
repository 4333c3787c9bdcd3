"""A head folds its events into a view, and the past is the fold of a prefix."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.document import canonical_json
from chalicelib.domain.head import (
    KEPT_EVENTS,
    SPILL_BYTES,
    SPILL_EVENTS,
    Change,
    Entry,
    Head,
    append,
    as_of,
    fold,
    publish_tags,
    spill,
)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def grown(*changes: Change, now: datetime = NOON) -> Head:
    """Answer a head after changes that all happen at the same reading of the clock."""
    head = Head(name="demo")
    for change in changes:
        head = append(head, change, actor="alice", now=now)
    return head


def published(version: str, *tags: str) -> Change:
    """Answer a publish that moves tags."""
    return Change(type="publish", version=version, integrity="sha512-x", tags=list(tags))


def test_events_are_numbered_from_one_and_times_strictly_increase() -> None:
    head = grown(published("1.0.0"), published("1.1.0"), published("1.2.0"))

    assert [event.seq for event in head.events] == [1, 2, 3]
    assert [event.at[-5:] for event in head.events] == [".000Z", ".001Z", ".002Z"]


def test_a_clock_that_goes_back_does_not_take_events_with_it() -> None:
    head = append(grown(published("1.0.0")), published("1.1.0"), actor="bob", now=NOON - timedelta(hours=1))

    assert head.events[1].at > head.events[0].at


def test_the_view_is_the_fold_of_the_events() -> None:
    head = grown(
        published("1.0.0", "latest"),
        published("2.0.0-rc.1", "next"),
        Change(type="tag", tag="stable", version="1.0.0"),
        Change(type="deprecate", version="1.0.0", message="use 2"),
        Change(type="yank", version="2.0.0-rc.1", reason="broken"),
        Change(type="untag", tag="stable"),
        Change(type="own", owners=["alice", "bob"]),
    )

    assert fold(head.events) == head.view
    assert head.view.tags == {"latest": "1.0.0", "next": "2.0.0-rc.1"}
    assert head.view.versions["1.0.0"].deprecated == "use 2"
    assert head.view.versions["2.0.0-rc.1"].yanked == "broken"
    assert head.view.owners == ["alice", "bob"]


def test_undoing_leaves_no_trace_in_the_view() -> None:
    head = grown(
        published("1.0.0"),
        Change(type="deprecate", version="1.0.0", message="old"),
        Change(type="yank", version="1.0.0", reason="bad"),
        Change(type="deprecate", version="1.0.0", message=""),
        Change(type="unyank", version="1.0.0"),
    )

    assert head.view == fold(head.events[:1])


def test_as_of_a_moment_is_the_fold_of_what_was_not_later() -> None:
    head = grown(published("1.0.0", "latest"), published("2.0.0", "latest"))

    before = as_of("demo", head.events, head.events[0].at)

    assert (before.view.latest, before.seq, before.modified) == ("1.0.0", 1, head.events[0].at)
    assert list(before.view.versions) == ["1.0.0"]


def test_an_unpublished_number_is_remembered_and_its_tags_go() -> None:
    head = grown(published("1.0.0", "latest"), Change(type="unpublish", version="1.0.0"))

    assert head.view.versions == {}
    assert head.view.tags == {}
    assert list(head.view.unpublished) == ["1.0.0"]


@pytest.mark.parametrize(
    ("existing", "version", "requested", "moved"),
    [
        pytest.param([], "1.0.0", None, ["latest"], id="the first version is latest"),
        pytest.param(
            [], "1.0.0-rc.1", None, ["latest"], id="the first version is latest though a prerelease"
        ),
        pytest.param(
            [], "1.0.0", "next", ["latest", "next"], id="the first version is latest besides its tag"
        ),
        pytest.param(["1.0.0"], "1.1.0", None, ["latest"], id="a higher stable version becomes latest"),
        pytest.param(["2.0.0"], "1.1.0", None, [], id="a backport does not become latest"),
        pytest.param(["1.0.0"], "2.0.0-rc.1", None, [], id="a prerelease does not become latest"),
        pytest.param(["1.0.0"], "2.0.0", "next", ["next"], id="a tag asked for moves alone"),
        pytest.param(["2.0.0"], "1.1.0", "latest", ["latest"], id="latest moves when asked for"),
    ],
)
def test_latest_moves_to_the_highest_stable_version_or_when_asked(
    existing: list[str], version: str, requested: str | None, moved: list[str]
) -> None:
    view = grown(*(published(known, "latest") for known in existing)).view

    assert publish_tags(view, version, requested) == moved


@pytest.mark.parametrize(
    ("existing", "version", "previous"),
    [
        pytest.param([], "1.0.0", None, id="nothing before the first"),
        pytest.param(["1.0.0", "2.0.0"], "1.1.0", "1.0.0", id="a backport follows its own line"),
        pytest.param(["1.0.0", "2.0.0-rc.1"], "2.0.0", "1.0.0", id="a stable version follows a stable one"),
        pytest.param(
            ["1.0.0", "2.0.0-rc.1"], "2.0.0-rc.2", "2.0.0-rc.1", id="a prerelease follows a prerelease"
        ),
        pytest.param(["1.0.0-rc.1"], "1.0.0", "1.0.0-rc.1", id="without a stable one, the prerelease"),
    ],
)
def test_the_previous_version_is_the_highest_lower_one(
    existing: list[str], version: str, previous: str | None
) -> None:
    view = grown(*(published(known) for known in existing)).view

    assert view.previous_of(version) == previous


def test_a_long_head_puts_its_oldest_events_aside_and_names_them() -> None:
    head = grown(*(published(f"1.0.{patch}") for patch in range(SPILL_EVENTS)))

    shorter, segment = spill(head, SPILL_BYTES + 1)

    assert segment is not None
    assert [*segment.events, *shorter.events] == head.events
    assert len(shorter.events) == KEPT_EVENTS
    assert (shorter.segments[0].first, shorter.segments[0].last) == (1, SPILL_EVENTS - KEPT_EVENTS)
    assert shorter.view == head.view


def test_a_short_head_keeps_its_events() -> None:
    head = grown(published("1.0.0"))

    assert spill(head, SPILL_BYTES) == (head, None)


def test_a_head_reads_back_from_its_bytes() -> None:
    head = grown(published("1.0.0", "latest"), Change(type="yank", version="1.0.0", reason="bad"))

    assert Head.from_bytes(head.to_bytes()) == head


def test_fields_of_a_later_release_survive_a_change_by_this_one() -> None:
    data = grown(published("1.0.0")).to_bytes().replace(b'"name":', b'"later": {"a": 1},\n  "name":', 1)

    changed = append(Head.from_bytes(data), published("1.1.0"), actor="bob", now=NOON)

    assert b'"later"' in changed.to_bytes()


VERSIONS = st.sampled_from(["1.0.0", "1.1.0", "2.0.0-rc.1", "10.0.0", "0.0.1+build"])
CHANGES = st.one_of(
    st.builds(
        Change,
        type=st.just("publish"),
        version=VERSIONS,
        integrity=st.just("sha512-x"),
        tags=st.lists(st.sampled_from(["latest", "next", "exports"]), max_size=2),
        engines=st.none() | st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3),
    ),
    st.builds(
        Change, type=st.sampled_from(["deprecate", "yank", "unyank"]), message=st.text(), version=VERSIONS
    ),
    st.builds(Change, type=st.just("unpublish"), version=VERSIONS),
    st.builds(Change, type=st.just("own"), owners=st.lists(st.text(max_size=4), max_size=2)),
)
LATER = st.dictionaries(
    st.sampled_from(["later", "exports", "Z"]),
    st.dictionaries(st.text(max_size=3), st.none() | st.lists(st.integers(), max_size=2), max_size=3),
    max_size=2,
)
"""Fields that a later version of this code may have added."""


@given(st.lists(CHANGES, max_size=12), LATER, LATER)
def test_the_bytes_of_a_head_are_canonical_whatever_was_rendered_before(
    changes: list[Change], in_head: dict[str, Any], in_view: dict[str, Any]
) -> None:
    head = Head.model_validate({"name": "demo", "view": {**in_view}, **in_head})
    for change in changes:
        marks = change.type in {"deprecate", "yank", "unyank"}
        if marks and change.version not in head.view.versions:
            continue
        head = append(head, change, actor="alice", now=NOON)

        assert head.to_bytes() == canonical_json(head.to_json_value())
        assert Head.from_bytes(head.to_bytes()).to_bytes() == head.to_bytes()


def test_a_change_of_a_long_head_renders_what_is_new_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    head = grown(*(published(f"1.0.{number}") for number in range(50)))
    head.to_bytes()
    rendered: list[str] = []
    made = Entry.to_json_value

    def watched(self: Entry) -> dict[str, Any]:
        rendered.append(type(self).__name__)
        return made(self)

    monkeypatch.setattr(Entry, "to_json_value", watched)

    append(head, published("2.0.0"), actor="alice", now=NOON).to_bytes()

    assert sorted(rendered) == ["Event", "VersionState"]
