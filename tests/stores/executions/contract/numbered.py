"""Numbered events, the optimistic lock of a run."""

import pytest

from chalicelib.domain.executions.errors import Overtaken
from chalicelib.stores.executions import Executions
from tests.stores.executions.builders import NOON, Clock, event
from tests.stores.executions.contract.base import ContractBase


class NumberedEventsContract(ContractBase):
    """Numbered events, the optimistic lock of a run."""

    def test_numbered_events_are_paged_in_order(self, work: Executions) -> None:
        for seq in range(1, 13):
            work.append_event("job-1", "run-1", seq, "stage", epoch=1, payload={"seq": seq})

        pages = [work.page_events("job-1", "run-1", after, limit=5) for after in (0, 5, 10, 12)]
        assert [[found.seq for found in page] for page in pages] == [
            [1, 2, 3, 4, 5],
            [6, 7, 8, 9, 10],
            [11, 12],
            [],
        ]

    def test_a_number_that_another_worker_has_used_is_refused(self, work: Executions) -> None:
        work.append_event("job-1", "run-1", 1, "stage", epoch=2)

        with pytest.raises(Overtaken):
            work.append_event("job-1", "run-1", 1, "stage", epoch=1)
        with pytest.raises(Overtaken):
            work.append_event("job-1", "run-1", 1, "other", epoch=2)
        assert [found.epoch for found in work.page_events("job-1", "run-1")] == [2]

    def test_a_numbered_event_written_again_is_success(self, work: Executions, clock: Clock) -> None:
        first = work.append_event("job-1", "run-1", 1, "stage", epoch=1, payload={"a": [1, 2.0]})
        clock.milliseconds += 1

        assert work.append_event("job-1", "run-1", 1, "stage", epoch=1, payload={"a": [1, 2.0]}) == first

    def test_the_history_of_a_run_has_both_kinds_of_events(self, work: Executions) -> None:
        work.append_event("job-1", "run-1", 1, "stage", epoch=1)
        work.store_event(event(step_number=2, timestamp=NOON - 1))

        metas = work.get_events_by_run("job-1", "run-1")
        assert [(meta.step_number, meta.type, meta.seq) for meta in metas] == [
            (1, "stage", 1),
            (2, "callTools", None),
        ]
        assert [found.type for found in work.get_event_contents("job-1", "run-1")] == ["callTools", "stage"]
        assert [found.type for found in work.get_event_contents("job-1", "run-1", 1)] == ["stage"]
