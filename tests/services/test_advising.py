"""Taking in advisories and auditing with them: nothing is lost, nothing goes backwards, and reads stay few."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.domain.advisories.digests import MAGIC
from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.names import PackageName
from chalicelib.services.advising import Advising
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from chalicelib.stores import advisories as stores
from tests.domain.advisories.records import affected, osv
from tests.worlds import memory_world

EARLIER, LATER, LATEST = (f"2026-0{month}-01T00:00:00Z" for month in (1, 2, 3))
NAMES = "prism/advisories/names.bin"


def taken(auditing: Advising, *records: Any, dry_run: bool = False) -> dict[str, int]:
    """Take in records, and answer the numbers that are not 0."""
    report = auditing.take_in(records, dry_run=dry_run).to_json_value()
    assert report["received"] == len(records)
    assert sum(report[name] for name in report if name not in {"received", "dryRun", "refused"}) + len(
        report["refused"]
    ) == len(records)
    return {name: value for name, value in report.items() if value and name not in {"received", "dryRun"}}


def found(auditing: Advising, *names: str, version: str = "1.0.0") -> list[str]:
    """Answer the names that have advisories for a version."""
    return sorted(auditing.bulk({name: [version] for name in names or ("lodash",)}))


def test_what_was_taken_in_is_found_by_another_process() -> None:
    world = memory_world()

    assert taken(world.container.advising, osv(), osv("GHSA-2", "express")) == {"new": 2}

    assert found(world.fresh().advising, "lodash", "express", "react") == ["express", "lodash"]


def test_an_audit_of_an_empty_registry_finds_nothing() -> None:
    assert memory_world().container.advising.bulk({"lodash": ["1.0.0"]}) == {}


def test_names_are_answered_as_they_were_asked_and_odd_ones_have_no_advisories() -> None:
    auditing = memory_world().container.advising
    taken(auditing, osv("GHSA-1", "JSONStream"))

    assert found(auditing, "JSONStream", "jsonstream", "", "../x", "é", "a" * 300) == [
        "JSONStream",
        "jsonstream",
    ]


def test_to_take_the_same_in_again_changes_nothing() -> None:
    world = memory_world()
    records = [osv(), osv("GHSA-2", "express", "lodash")]
    taken(world.container.advising, *records)
    world.store.reset()

    assert taken(world.fresh().advising, *records) == {"unchanged": 2}
    assert {call.verb for call in world.store.calls} == {"get"}


def test_a_later_state_replaces_an_earlier_one_and_never_the_other_way_round() -> None:
    auditing = memory_world().container.advising
    fixed_later = osv(events=[{"introduced": "0"}, {"fixed": "2.0.0"}], modified=LATER)

    assert taken(auditing, osv(modified=EARLIER)) == {"new": 1}
    assert taken(auditing, fixed_later) == {"changed": 1}
    assert taken(auditing, osv(modified=EARLIER)) == {"older": 1}

    assert found(auditing, version="1.5.0") == ["lodash"]


def test_what_was_withdrawn_applies_no_more_and_an_earlier_state_does_not_bring_it_back() -> None:
    auditing = memory_world().container.advising
    taken(auditing, osv(modified=EARLIER))

    assert taken(auditing, osv(modified=LATER, withdrawn=LATER)) == {"withdrawn": 1}
    assert taken(auditing, osv(modified=EARLIER)) == {"older": 1}

    assert found(auditing) == []
    assert auditing.about(PackageName("lodash")).advisories[0].withdrawn == LATER


def test_a_withdrawal_that_comes_first_is_kept() -> None:
    auditing = memory_world().container.advising

    assert taken(auditing, osv(modified=LATER, withdrawn=LATER)) == {"withdrawn": 1}
    assert taken(auditing, osv(modified=EARLIER)) == {"older": 1}

    assert found(auditing) == []


def test_a_record_that_is_about_a_package_no_more_is_gone_from_it() -> None:
    auditing = memory_world().container.advising
    taken(auditing, osv("GHSA-1", "lodash", "express", modified=EARLIER))

    assert taken(auditing, osv("GHSA-1", "lodash", modified=LATER)) == {"changed": 1}
    assert found(auditing, "lodash", "express") == ["lodash"]
    assert auditing.about(PackageName("express")).advisories == []

    assert taken(auditing, osv("GHSA-1", "lodash", "express", modified=EARLIER)) == {"older": 1}
    assert taken(auditing, osv("GHSA-1", "lodash", "express", modified=LATEST)) == {"changed": 1}
    assert found(auditing, "lodash", "express") == ["express", "lodash"]


def test_a_record_twice_in_one_request_counts_by_its_later_state() -> None:
    auditing = memory_world().container.advising

    assert taken(auditing, osv(modified=LATER, withdrawn=LATER), osv(modified=EARLIER)) == {
        "withdrawn": 1,
        "older": 1,
    }
    assert found(auditing) == []


def test_a_dry_run_tells_the_same_and_writes_nothing() -> None:
    world = memory_world()
    taken(world.container.advising, osv(modified=LATER))
    stored = world.stored()
    records = [osv(modified=EARLIER), osv("GHSA-2", "express"), osv("GHSA-3", affected=[]), {"id": "x"}]

    foretold = taken(world.container.advising, *records, dry_run=True)

    assert world.stored() == stored
    assert foretold == taken(world.container.advising, *records)


def test_a_record_that_cannot_be_read_is_refused_by_itself() -> None:
    auditing = memory_world().container.advising
    unordered = osv("GHSA-2", affected=[affected("lodash", [{"introduced": "1.x"}])])

    report = auditing.take_in([osv(), unordered, 42, {"id": "GHSA-3"}, osv("GHSA-4", affected=[])])

    assert (report.new, report.skipped) == (1, 1)
    assert [(refused.index, refused.id, refused.code) for refused in report.refused] == [
        (1, "GHSA-2", "invalid_advisory"),
        (2, None, "invalid_advisory"),
        (3, "GHSA-3", "invalid_advisory"),
    ]
    assert "`1.x` is not a semver 2.0.0 version" in report.refused[0].detail
    assert found(auditing) == ["lodash"]


def test_importers_at_once_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "LONGEST_PAUSE_SECONDS", 0.02)
    world = memory_world()
    portions = [[osv(f"GHSA-{n}-{k}", "lodash", f"only-{n}-{k}") for k in range(8)] for n in range(6)]

    importers = [world.fresh().advising for _ in portions]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(Advising.take_in, importers, portions))

    auditing = world.fresh().advising
    assert len(auditing.about(PackageName("lodash")).advisories) == 48
    assert len(found(auditing, *(f"only-{n}-{k}" for n in range(6) for k in range(8)))) == 48


def test_states_that_arrive_at_once_end_with_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "LONGEST_PAUSE_SECONDS", 0.02)
    world = memory_world()
    states = [osv(modified=f"2026-01-{day:02d}T00:00:00Z") for day in range(1, 13)]

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda state: world.fresh().advising.take_in([state]), reversed(states)))

    (kept,) = world.fresh().advising.about(PackageName("lodash")).advisories
    assert kept.modified == states[-1]["modified"]


@pytest.mark.parametrize("fault", list(Fault))
def test_whatever_call_fails_a_repeat_brings_every_advisory(fault: Fault) -> None:
    first = [osv("GHSA-1", "lodash", "express", modified=EARLIER)]
    second = [osv("GHSA-1", "lodash", modified=LATER), osv("GHSA-2", "react")]
    struck = True
    at = 0
    while struck:
        at += 1
        world = memory_world()
        world.container.advising.take_in(first)
        faulty = FaultyStore(world.medium, fault, at=at)

        with suppress(Death, StorageUnavailable):
            world.fresh(faulty).advising.take_in(second)
        world.fresh().advising.take_in(second)

        assert found(world.fresh().advising, "lodash", "express", "react") == ["lodash", "react"]
        struck = faulty.struck
    assert at > 8


def test_an_audit_reads_the_names_and_then_only_packages_that_have_advisories() -> None:
    world = memory_world()
    taken(world.container.advising, *(osv(f"GHSA-{number}", f"bad-{number}") for number in range(3)))
    auditing = world.fresh().advising
    asked = {f"good-{number}": ["1.0.0"] for number in range(2_000)} | {
        "bad-1": ["1.0.0"],
        "bad-2": ["9.0.0"],
    }
    world.store.reset()

    assert list(auditing.bulk(asked)) == ["bad-1"]

    assert [call.verb for call in world.store.calls] == ["get"] * 3
    assert world.store.calls[0].key == NAMES


def test_names_that_were_lost_come_back_with_the_next_import() -> None:
    world = memory_world()
    taken(world.container.advising, osv("GHSA-1", "lodash"), osv("GHSA-2", "@acme/widget"))
    world.medium.delete(NAMES)

    taken(world.fresh().advising, osv("GHSA-3", "express"))

    assert found(world.fresh().advising, "lodash", "@acme/widget", "express") == [
        "@acme/widget",
        "express",
        "lodash",
    ]


def test_damaged_names_are_not_taken_for_no_advisories() -> None:
    world = memory_world()
    taken(world.container.advising, osv())
    world.medium.put(NAMES, json.dumps([]).encode() + MAGIC)

    with pytest.raises(UnreadableDocument):
        world.fresh().advising.bulk({"lodash": ["1.0.0"]})
