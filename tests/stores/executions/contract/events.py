"""Events, named by what happened."""

import pytest

from chalicelib.storage.port import ObjectStore
from chalicelib.stores.executions import Executions
from tests.stores.executions.builders import NOON, event
from tests.stores.executions.contract.base import ContractBase, keys_of


class EventsContract(ContractBase):
    """Events, named by what happened."""

    def test_an_event_is_stored_under_what_its_key_tells(self, work: Executions, medium: ObjectStore) -> None:
        given = event(expert_key="@acme/expert@1.0.0", newMessages=[{"type": "expert"}])

        work.store_event(given)

        assert keys_of(medium) == [
            "prism/jobs/job-1/runs/run-1/event-001769860800000-00000001-callTools.json"
        ]
        assert work.get_event_contents("job-1", "run-1") == [given]

    def test_events_by_run_ascend_by_step_then_time(self, work: Executions) -> None:
        for step, time in [(10, 5), (2, 9), (2, 7), (1, 100)]:
            work.store_event(event(step_number=step, timestamp=time))

        metas = work.get_events_by_run("job-1", "run-1")
        assert [(meta.step_number, meta.timestamp) for meta in metas] == [(1, 100), (2, 7), (2, 9), (10, 5)]

    def test_event_contents_ascend_by_time_up_to_a_step(self, work: Executions) -> None:
        for step, time in [(3, 1), (1, 9), (2, 5), (10, 7)]:
            work.store_event(event(step_number=step, timestamp=time))

        found = work.get_event_contents("job-1", "run-1", max_step=3)
        assert [(one.timestamp, one.step_number) for one in found] == [(1, 3), (5, 2), (9, 1)]

    def test_events_of_one_moment_step_and_type_all_survive_in_order(self, work: Executions) -> None:
        given = [event(f"e{number}", delta=str(number)) for number in range(12)]
        for one in given:
            work.store_event(one)

        assert work.get_event_contents("job-1", "run-1") == given
        metas = work.get_events_by_run("job-1", "run-1")
        assert [meta.number for meta in metas] == [None, *range(1, 12)]
        assert {meta.type for meta in metas} == {"callTools"}

    def test_an_event_stored_again_is_stored_once(self, work: Executions, medium: ObjectStore) -> None:
        for _ in range(3):
            work.store_event(event("first"))
            work.store_event(event("second"))

        assert [found.id for found in work.get_event_contents("job-1", "run-1")] == ["first", "second"]
        assert len(keys_of(medium)) == 2

    @pytest.mark.parametrize("type", ["call-tools", "a-1", "1-2-callTools", "call_tools", "x" * 64])
    def test_a_type_may_hold_hyphens_and_digits(self, work: Executions, type: str) -> None:
        work.store_event(event("first", type=type))
        work.store_event(event("second", type=type))

        metas = work.get_events_by_run("job-1", "run-1")
        assert [(meta.step_number, meta.type, meta.number) for meta in metas] == [
            (1, type, None),
            (1, type, 1),
        ]

    def test_types_that_begin_alike_do_not_collide(self, work: Executions) -> None:
        for kind in ["call", "call-1", "callTools", "call-tools"]:
            work.store_event(event(kind, type=kind))

        metas = work.get_events_by_run("job-1", "run-1")
        assert sorted((meta.type, meta.number) for meta in metas) == [
            ("call", None),
            ("call-1", None),
            ("call-tools", None),
            ("callTools", None),
        ]

    def test_events_named_without_leading_zeros_are_read(self, work: Executions, medium: ObjectStore) -> None:
        for step in (10, 9):
            foreign = f"prism/jobs/job-1/runs/run-1/event-{NOON}-{step}-call-tools.json"
            medium.put(foreign, event(f"e{step}", step_number=step, type="call-tools").to_bytes())

        assert [meta.step_number for meta in work.get_events_by_run("job-1", "run-1")] == [9, 10]
        assert [found.id for found in work.get_event_contents("job-1", "run-1")] == ["e9", "e10"]

    def test_a_run_that_is_unknown_has_no_events(self, work: Executions) -> None:
        assert work.get_events_by_run("job-1", "run-1") == []
        assert work.get_event_contents("job-1", "run-1") == []
        assert work.page_events("job-1", "run-1") == []
