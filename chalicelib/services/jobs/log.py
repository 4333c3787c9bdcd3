"""The numbered events of one run, from any of them on."""

from dataclasses import dataclass
from typing import Final

from chalicelib.domain.executions.errors import RunNotFound, Unreadable
from chalicelib.domain.executions.identity import is_id
from chalicelib.domain.executions.names import parse_numbered_name
from chalicelib.domain.executions.records import Event
from chalicelib.services.jobs.reading import Reading, told
from chalicelib.services.jobs.views import ENDINGS, EventPage, event_view
from chalicelib.stores.executions import Executions

BEFORE_THE_FIRST: Final = 0


@dataclass(frozen=True, slots=True)
class Log:
    """The log of a run of a job."""

    executions: Executions
    job_id: str
    run_id: str

    def first_look(self, after: int, limit: int) -> EventPage:
        """Answer what follows an event; raises RunNotFound."""
        if not is_id(self.run_id):
            raise RunNotFound(self.job_id, self.run_id)
        return self.look(after, limit) or self._nothing(after)

    def look(self, after: int, limit: int) -> EventPage | None:
        """Answer what follows an event, or None if there is neither that nor the event itself; one listing."""
        # The event itself is read too: where nothing follows it, it tells whether the run has ended.
        first, wanted = (after - 1, limit + 1) if after > BEFORE_THE_FIRST else (after, limit)
        reading = Reading()
        found = reading(self.executions.page_events, self.job_id, self.run_id, first, wanted) or []
        entries: dict[int, Event | Unreadable] = {event.seq or 0: event for event in found}
        entries |= {seq: one for one in reading.unreadable if (seq := _seq(one)) is not None}
        if not entries:
            return None
        page = [seq for seq in sorted(entries) if seq > after][:limit]
        last = entries[max(entries)]
        all_listed = len(found) + len(reading.unreadable) < wanted
        return EventPage(
            events=[event_view(entry) for seq in page if isinstance(entry := entries[seq], Event)],
            next=page[-1] if page else after,
            end=all_listed and isinstance(last, Event) and last.type in ENDINGS,
            unreadable=told([entry for seq in page if isinstance(entry := entries[seq], Unreadable)]),
        )

    def _nothing(self, after: int) -> EventPage:
        """Answer that nothing follows an event that there is not; raises RunNotFound."""
        reading = Reading()
        last = reading(self.executions.last_event, self.job_id, self.run_id)
        if last is None and not reading.unreadable and not self._is_begun():
            raise RunNotFound(self.job_id, self.run_id)
        return EventPage(events=[], next=after, end=last is not None and last.type in ENDINGS)

    def _is_begun(self) -> bool:
        """Tell of a run without events whether there is such a run."""
        reading = Reading()
        lease = reading(self.executions.current_lease, self.job_id)
        runs = reading(self.executions.runs_of, self.job_id) or []
        return self.run_id in {run.run_id for run in runs} | ({lease.run_id} if lease else set())


def _seq(unreadable: Unreadable) -> int | None:
    return parse_numbered_name(unreadable.key.rpartition("/")[2])
