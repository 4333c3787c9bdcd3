"""The members of a long object, added to, replaced and restored."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.npm.gzipping import inflated
from chalicelib.npm.members import Members, sealed_length

PLACES = 4
CHANGES = st.lists(
    st.tuples(st.sampled_from(["add", "replace", "remove", "take", "restart"]), st.integers(0, 30)),
    max_size=60,
)


def line(key: int, value: Any = None) -> bytes:
    """Answer a member."""
    return json.dumps(str(key)).encode() + b":" + json.dumps(value, separators=(",", ":")).encode()


def put(members: Members, key: int, other: bytes | None) -> None:
    """Put another line in the place of one member, or none."""
    members.replace([json.dumps(str(key)).encode()], lambda _key, _line: other)


def shown(members: Members) -> dict[str, Any]:
    """Answer the object that members are of."""
    text = b"{" + inflated(members.sealed.data) + members.rest + b"}"
    parsed: dict[str, Any] = json.loads(text)
    assert b"{" + b",\n".join(members) + b"}" == text
    return parsed


def restarted(members: Members) -> Members:
    """Answer members as they are restored from bytes."""
    described = json.loads(json.dumps(members.described()))
    assert sealed_length(described) == len(members.sealed.data)
    return Members.restored(members.places, described, members.sealed.data, members.rest)


def played(changes: list[tuple[str, int]], restart: Callable[[Members], Members]) -> Members:
    """Answer what a sequence of changes makes."""
    members, expected, added = Members(PLACES), dict[str, Any](), 0
    for what, number in changes:
        if what == "add":
            members.add(line(added))
            expected[str(added)] = None
            added += 1
        elif what == "take":
            members.add(None)
        elif what == "replace":
            put(members, number, line(number, "changed"))
            expected |= {str(number): "changed"} if str(number) in expected else {}
        elif what == "remove":
            put(members, number, None)
            expected.pop(str(number), None)
        else:
            members = restart(members)
        assert shown(members) == expected
        assert list(shown(members)) == list(expected)
    return members


@given(CHANGES)
def test_any_changes_make_the_same_bytes_with_and_without_restarts(changes: list[tuple[str, int]]) -> None:
    restarting, lasting = played(changes, restarted), played(changes, lambda members: members)

    assert restarting.sealed == lasting.sealed
    assert restarting.rest == lasting.rest
    assert restarting.described() == lasting.described()


@given(st.lists(st.booleans(), max_size=40))
def test_what_was_removed_keeps_its_place(kept: list[bool]) -> None:
    removed, never = Members(PLACES), Members(PLACES)
    for number, keep in enumerate(kept):
        removed.add(line(number))
        never.add(line(number) if keep else None)
    for number, keep in enumerate(kept):
        if not keep:
            put(removed, number, None)

    assert (removed.sealed, removed.rest, removed.described()) == (
        never.sealed,
        never.rest,
        never.described(),
    )


@pytest.mark.parametrize("count", [0, 1, PLACES - 1, PLACES, PLACES + 1, 2 * PLACES, 2 * PLACES + 1])
def test_every_member_can_be_changed_at_once(count: int) -> None:
    members = Members(PLACES)
    for number in range(count):
        members.add(line(number, "old"))

    members.change(lambda present: present.replace(b"old", b"new"))

    assert shown(members) == {str(number): "new" for number in range(count)}
    assert shown(restarted(members)) == shown(members)


def test_a_key_that_begins_another_is_not_taken_for_it() -> None:
    members = Members(PLACES)
    for key in (11, 1, 111):
        members.add(line(key))

    put(members, 1, line(1, "changed"))
    members.replace([b'"1', b'1"', b"", b'"'], lambda *_: None)

    assert shown(members) == {"11": None, "1": "changed", "111": None}


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_many_are_replaced_at_once_as_one_by_one(changed: set[int], removed: set[int]) -> None:
    at_once, one_by_one = Members(PLACES), Members(PLACES)
    for number in range(25):
        at_once.add(line(number))
        one_by_one.add(line(number))
    lines = {number: None if number in removed else line(number, "changed") for number in changed | removed}

    at_once.replace(
        [json.dumps(str(number)).encode() for number in lines],
        lambda key, _: lines[int(json.loads(key))],
    )
    for number, other in lines.items():
        put(one_by_one, number, other)

    assert (at_once.sealed, at_once.rest) == (one_by_one.sealed, one_by_one.rest)


def test_a_sealed_group_stays_as_it_is_while_members_are_added() -> None:
    members = Members(PLACES)
    for number in range(PLACES + 1):
        members.add(line(number))
    sealed = members.sealed.data
    for number in range(PLACES + 1, 5 * PLACES):
        members.add(line(number))
        assert members.sealed.data.startswith(sealed)
