"""Events: named by what happened, or numbered so that of two workers at one run only one can go on."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.executions.errors import Overtaken, Unreadable
from chalicelib.domain.executions.identity import check_id
from chalicelib.domain.executions.names import (
    EVENT,
    SUFFIX,
    event_name,
    event_stem,
    numbered_name,
    parse_event_name,
    parse_numbered_name,
)
from chalicelib.domain.executions.records import Event, EventMeta
from chalicelib.storage.port import ObjectInfo
from chalicelib.stores.executions.base import Gathered, Part

LOG: Final = "log/"


@dataclass(frozen=True, slots=True)
class _Listed:
    """The names of a run's events: those that tell what happened, and those that are numbered."""

    named: list[tuple[EventMeta, str]] = field(default_factory=list)
    numbered: list[str] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


class Events(Part):
    """The events of runs. Nothing replaces an event."""

    def store_event(self, event: Event) -> None:
        """Write an event; one of the same moment, step and type stays beside it.

        Storing the same event again changes nothing.
        """
        event = event.checked()
        prefix, data, number = self._keys.run(event.job_id, event.run_id), event.to_bytes(), 0
        while not self._create(prefix + event_name(event, number), data):
            rivals = self._objects(prefix + event_stem(event))
            if any(info.size == len(data) and self._holds(info.key, data) for info in rivals):
                return
            taken = [parse_event_name(info.key.removeprefix(prefix)) for info in rivals]
            number = 1 + max((meta.number or 0 for meta in taken if meta), default=0)

    def get_events_by_run(self, job_id: str, run_id: str) -> list[EventMeta]:
        """Answer what is known of a run's events, ascending by step, then by time.

        Names alone tell it; only numbered events, whose names tell less, are read.
        """
        listed = self._listed(job_id, run_id)
        gathered = self._read_events(job_id, run_id, listed.numbered, listed.unreadable)
        metas = [*(meta for meta, _ in listed.named), *(_meta(event) for event in gathered.records)]
        return gathered.told(sorted(metas, key=_by_step))

    def get_event_contents(self, job_id: str, run_id: str, max_step: int | None = None) -> list[Event]:
        """Answer a run's events up to a step, and including it, ascending by time."""
        listed = self._listed(job_id, run_id)
        named = [
            (meta, name) for meta, name in listed.named if max_step is None or meta.step_number <= max_step
        ]
        names = [name for _, name in sorted(named, key=lambda pair: _by_step(pair[0]))]
        gathered = self._read_events(job_id, run_id, [*names, *listed.numbered], listed.unreadable)
        events = [event for event in gathered.records if max_step is None or event.step_number <= max_step]
        # The sort is stable: what happened in one moment stays in the order of its steps.
        return gathered.told(sorted(events, key=lambda event: event.timestamp))

    def append_event(
        self,
        job_id: str,
        run_id: str,
        seq: int,
        type: str,
        *,
        epoch: int,
        payload: Mapping[str, Any] | None = None,
        step: int | None = None,
    ) -> Event:
        """Write the event `seq` of a run's log, counted from 1, under the lease `epoch`.

        Raises Overtaken if another event has that number. Writing the same one again under the same lease is success.
        Its step is `seq` unless another is given.
        """
        log = self._log(job_id, run_id)
        event = Event(
            id=f"{run_id}-{seq:08d}",
            job_id=job_id,
            run_id=run_id,
            timestamp=self._now(),
            step_number=seq if step is None else step,
            type=type,
            seq=seq,
            epoch=epoch,
            payload=None if payload is None else dict(payload),
        )
        if self._create(log + numbered_name(seq), event.to_bytes()):
            return event
        there = self._numbered(job_id, run_id, numbered_name(seq))
        if there is None or _facts(there) != _facts(event):
            raise Overtaken(job_id, run_id)
        return there

    def page_events(self, job_id: str, run_id: str, after: int = 0, limit: int = 100) -> list[Event]:
        """Answer up to `limit` numbered events of a run that follow the event `after`, in order."""
        names = self._names(self._log(job_id, run_id), after=numbered_name(after), limit=limit)
        gathered = self._read_events(job_id, run_id, [LOG + name for name in names])
        return gathered.told(gathered.records)

    def last_event(self, job_id: str, run_id: str) -> Event | None:
        """Answer the last numbered event of a run, or None; lists the whole log and reads one event."""
        last = deque(self._names(self._log(job_id, run_id)), maxlen=1)
        return self._numbered(job_id, run_id, last[0]) if last else None

    def _log(self, job_id: str, run_id: str) -> str:
        return self._keys.run_log(check_id(job_id, "job"), check_id(run_id, "run"))

    def _numbered(self, job_id: str, run_id: str, name: str) -> Event | None:
        gathered = self._read_events(job_id, run_id, [LOG + name])
        return gathered.told(gathered.records[0] if gathered.records else None)

    def _objects(self, prefix: str) -> list[ObjectInfo]:
        return [info for info in self._store.list(prefix) if isinstance(info, ObjectInfo)]

    def _holds(self, key: str, data: bytes) -> bool:
        found = self._find(key, bytes)
        return found is not None and found.record == data

    def _listed(self, job_id: str, run_id: str) -> _Listed:
        prefix = self._keys.run(check_id(job_id, "job"), check_id(run_id, "run"))
        listed = _Listed()
        for name in self._names(prefix):
            if name.startswith(LOG):
                listed.numbered.append(name)
            elif name.startswith(EVENT) and name.endswith(SUFFIX):
                meta = parse_event_name(name)
                if meta is None:
                    listed.unreadable.append(Unreadable(prefix + name, "the name is no event's"))
                else:
                    listed.named.append((meta, name))
        return listed

    def _read_events(
        self, job_id: str, run_id: str, names: Sequence[str], unreadable: Sequence[Unreadable] = ()
    ) -> Gathered[Event]:
        prefix = self._keys.run(job_id, run_id)
        wanted = [(prefix + name, partial(_parse, job_id, run_id, name)) for name in names]
        return self._gather(wanted, unreadable)


def _parse(job_id: str, run_id: str, name: str, data: bytes) -> Event:
    event = Event.from_bytes(data)
    if (event.job_id, event.run_id) != (job_id, run_id):
        raise UnreadableDocument("Event", f"it says that it is of `{event.run_id}` of `{event.job_id}`")
    if not _is_named(event, name):
        raise UnreadableDocument("Event", "it says that it is another one than its name tells")
    return event


def _is_named(event: Event, name: str) -> bool:
    if name.startswith(LOG):
        return event.seq is not None and event.seq == parse_numbered_name(name.removeprefix(LOG))
    meta = parse_event_name(name)
    return meta is not None and event_stem(meta) == event_stem(event)


def _meta(event: Event) -> EventMeta:
    return EventMeta(timestamp=event.timestamp, step_number=event.step_number, type=event.type, seq=event.seq)


def _by_step(meta: EventMeta) -> tuple[int, int, int, str, int]:
    return meta.step_number, meta.timestamp, meta.seq or 0, meta.type, meta.number or 0


def _facts(event: Event) -> dict[str, Any]:
    """Answer what makes two events the same one: all but the moment at which it was tried to write them."""
    return event.changed(timestamp=0).to_json_value()
