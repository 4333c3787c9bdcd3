"""Reminders: empty objects that say what is to be looked at, and when; what is due first is listed first."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

from chalicelib.domain.times import milliseconds
from chalicelib.domain.uploads.ids import Fid
from chalicelib.storage.port import ObjectExists, ObjectInfo, ObjectStore

_NAME: Final = re.compile(r"(?P<time>[0-9]{15})-(?P<sid>[0-9a-f]{12})(?:-(?P<uuid>[0-9a-f-]{36}))?")


class Reminder(NamedTuple):
    """A bucket that is to be looked at, or one file: the reminder's name, and when it was written."""

    name: str
    sid: str
    file: Fid | None
    modified: datetime


class Reminders:
    """The reminders under one prefix."""

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    def remind(self, when: datetime, sid: str, uuid: str | None = None) -> None:
        """Have a bucket, or a file of it, looked at by the first sweep after a moment."""
        subject = sid if uuid is None else f"{sid}-{uuid}"
        with suppress(ObjectExists):
            self._store.put(f"{self._prefix}{milliseconds(when):015d}-{subject}", b"", if_absent=True)

    def due(self, until: datetime, after: str | None) -> Iterator[Reminder]:
        """Answer the reminders up to a moment, the earliest first; one listing a thousand."""
        for entry in self._store.list(self._prefix, after=self._prefix + after if after else None):
            assert isinstance(entry, ObjectInfo), "no delimiter was given"
            name = entry.key.removeprefix(self._prefix)
            found = _NAME.fullmatch(name)
            if found is None:
                continue
            if int(found["time"]) > milliseconds(until):
                return
            file = Fid(found["sid"], found["uuid"]) if found["uuid"] else None
            yield Reminder(name, found["sid"], file, entry.modified)

    def forget(self, name: str) -> None:
        """Remove a reminder."""
        self._store.delete(self._prefix + name, durable=False)
