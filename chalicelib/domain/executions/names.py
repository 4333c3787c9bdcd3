"""The last parts of the keys of executions: what their records tell without being read, in an order that sorts.

    event       event-{timestamp}-{step}-{type}.json            timestamp: 15 digits, step: 8 digits
                event-{timestamp}-{step}-{type}.{number}.json   a further one of that moment, step and type; 8 digits
    numbered    {seq}.json                                      8 digits
    lease       {99999999 - number}.json                        8 digits, the newest first
    job         {999999999999999 - startedAt}-{jobId}           15 digits, the newest first
                {…}-{jobId}.{revision}                          where a listing is of one state; 8 digits

Numbers have leading zeros, so text sorts as the numbers do. A type may hold hyphens and no dots: the first two fields
end at the first two hyphens, the type at the first dot. Names without leading zeros are read, and never written.
"""

import re
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from chalicelib.domain.executions.identity import ID_PATTERN, STEP_DIGITS, TIME_DIGITS, TYPE_PATTERN
from chalicelib.domain.executions.records import Event, EventMeta

SUFFIX: Final = ".json"
EVENT: Final = "event-"

_LAST_TIME: Final = 10**TIME_DIGITS - 1
_LAST_NUMBER: Final = 10**STEP_DIGITS - 1
_EVENT: Final = re.compile(
    rf"event-([0-9]{{1,{TIME_DIGITS}}})-([0-9]{{1,{STEP_DIGITS}}})-({TYPE_PATTERN})(?:\.([0-9]{{8}}))?\.json"
)
_NUMBERED: Final = re.compile(rf"([0-9]{{{STEP_DIGITS}}})\.json")
_PLACE: Final = re.compile(rf"([0-9]{{{TIME_DIGITS}}})-({ID_PATTERN})(?:\.([0-9]{{{STEP_DIGITS}}}))?")


def event_stem(event: Event | EventMeta) -> str:
    """Answer what the names of all events of one moment, step and type begin with, up to the dot."""
    time, step = f"{event.timestamp:0{TIME_DIGITS}d}", f"{event.step_number:0{STEP_DIGITS}d}"
    return f"{EVENT}{time}-{step}-{event.type}."


def event_name(event: Event | EventMeta, number: int = 0) -> str:
    """Answer the name of an event, the `number`-th after the first of its moment, step and type."""
    return event_stem(event) + (f"{number:0{STEP_DIGITS}d}.json" if number else "json")


def parse_event_name(name: str) -> EventMeta | None:
    """Answer what the name of an event tells, or None for a name that no event has."""
    found = _EVENT.fullmatch(name)
    if found is None:
        return None
    time, step, kind, number = found.groups()
    try:
        return EventMeta(
            timestamp=int(time), step_number=int(step), type=kind, number=int(number) if number else None
        )
    except ValidationError:
        return None


def numbered_name(seq: int) -> str:
    """Answer the name of the numbered event at a place of its run's log."""
    return f"{seq:0{STEP_DIGITS}d}{SUFFIX}"


def parse_numbered_name(name: str) -> int | None:
    """Answer the place that the name of a numbered event tells, or None for another name."""
    found = _NUMBERED.fullmatch(name)
    return int(found[1]) if found and int(found[1]) else None


def lease_name(number: int) -> str:
    """Answer the name of a job's lease; those of newer ones sort first."""
    return f"{_LAST_NUMBER - number:0{STEP_DIGITS}d}{SUFFIX}"


def parse_lease_name(name: str) -> int | None:
    """Answer the number that the name of a lease tells, or None for another name."""
    found = _NUMBERED.fullmatch(name)
    return _LAST_NUMBER - int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class JobPlace:
    """Where a job stands in a listing; with the `revision` of its state where the listing is of one."""

    started_at: int
    job_id: str
    revision: int | None = None

    def __str__(self) -> str:
        """Answer the text of the place; those of newer jobs sort first."""
        revision = "" if self.revision is None else f".{self.revision:0{STEP_DIGITS}d}"
        return f"{_LAST_TIME - self.started_at:0{TIME_DIGITS}d}-{self.job_id}{revision}"

    @classmethod
    def parse(cls, text: str) -> "JobPlace | None":
        """Answer the place that a text names, or None."""
        found = _PLACE.fullmatch(text)
        if found is None:
            return None
        countdown, job_id, revision = found.groups()
        return cls(_LAST_TIME - int(countdown), job_id, int(revision) if revision else None)
