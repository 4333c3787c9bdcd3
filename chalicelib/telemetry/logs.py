"""Structured logs: one JSON object a line, on standard error."""

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from chalicelib.telemetry.context import fields
from chalicelib.telemetry.secrets import HIDDEN, is_secret, may_hold_secret, without_secrets

LOGGER: Final = "prism"

_FIRST: Final = len(vars(logging.makeLogRecord({})))
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object: time, level, message, what is bound, its own fields, and a traceback if any.

    Secrets are taken out of all of it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Answer the line of a record."""
        line: dict[str, Any] = {
            "time": _time(record.created),
            "level": record.levelname,
            "message": record.getMessage(),
            **fields(),
            **_own(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _encoded(line)


def log_to_stderr(level: str) -> None:
    """Send the project's lines of a level and above to standard error, once however often this is called."""
    logger = logging.getLogger(LOGGER)
    logger.setLevel(level)
    logger.propagate = False
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(JsonFormatter())
        logger.addHandler(handler)


def _own(record: logging.LogRecord) -> dict[str, Any]:
    """Answer the fields that a record has beside those of all records, which are the first of it."""
    return {
        name: value for name, value in islice(vars(record).items(), _FIRST, None) if name not in _STANDARD
    }


def _encoded(line: Mapping[str, Any]) -> str:
    """Answer a line as JSON without secrets; hardly any line has one, and looking once at all of it is quick."""
    with suppress(TypeError):  # keys that JSON has no form for
        text = _ENCODER.encode(line)
        if not may_hold_secret(text):
            return text
    return _ENCODER.encode(_safe(line))


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, Mapping):
        return {str(key): HIDDEN if is_secret(str(key)) else _safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(item) for item in value]
    return value


def _told(value: object) -> object:
    """Answer what is written of something that JSON has no form for."""
    return _safe(value) if isinstance(value, Mapping) else without_secrets(str(value))


_ENCODER: Final = json.JSONEncoder(default=_told, ensure_ascii=False)


def _time(seconds: float) -> str:
    return (
        datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    )
