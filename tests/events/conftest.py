"""What is logged, as it is written on Lambda."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib import telemetry

Told = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def told() -> Iterator[Told]:
    """Give a function that answers the lines logged so far with a message."""
    logger, written = logging.getLogger(telemetry.LOGGER), io.StringIO()
    handler, level = logging.StreamHandler(written), logger.level
    handler.setFormatter(telemetry.JsonFormatter())
    logger.addHandler(handler)
    logger.setLevel("INFO")

    def read(message: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in written.getvalue().splitlines()]
        return [line for line in lines if line["message"] == message]

    yield read
    logger.setLevel(level)
    logger.removeHandler(handler)
