"""Checkpoints: a log's size and root, signed by the log as a note (https://c2sp.org/signed-note)."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from chalicelib.npm.attestations.keys import is_signed
from chalicelib.npm.attestations.roots import Log

HINT_BYTES: Final = 4
MAX_SIGNATURES: Final = 32
"""Of one checkpoint, each of which takes time; a log and its witnesses make a handful."""
_SIGNATURE: Final = re.compile("\u2014 (\\S+) (\\S+)")


class CheckpointText(NamedTuple):
    """What a checkpoint says."""

    size: int
    root: bytes


def read_checkpoint(envelope: str, logs: Sequence[Log]) -> CheckpointText:
    """Read a checkpoint that a trusted log signed; raises ValueError."""
    note, separator, signatures = envelope.partition("\n\n")
    if not separator:
        raise ValueError("the checkpoint has no signature")
    signed = f"{note}\n".encode()
    lines = [found for line in signatures.splitlines() if (found := _SIGNATURE.fullmatch(line))]
    if len(lines) > MAX_SIGNATURES:
        raise ValueError(f"the checkpoint has more than {MAX_SIGNATURES} signatures")
    if not any(_is_signed(signed, name=line[1], signature=_decoded(line[2]), logs=logs) for line in lines):
        raise ValueError("the checkpoint is not signed by a trusted log")
    texts = note.split("\n")
    if len(texts) < 3 or not (texts[1].isascii() and texts[1].isdigit()) or len(texts[1]) > 19:
        raise ValueError("the checkpoint names no size")
    return CheckpointText(int(texts[1]), _decoded(texts[2]))


def _is_signed(data: bytes, *, name: str, signature: bytes, logs: Sequence[Log]) -> bool:
    hint, raw = signature[:HINT_BYTES], signature[HINT_BYTES:]
    return any(
        log.log_id[:HINT_BYTES] == hint and _is_named(log.url, name) and is_signed(log.key, data, raw)
        for log in logs
    )


def _is_named(url: str, name: str) -> bool:
    parts = urlsplit(url)
    return name in {parts.hostname, parts.netloc, (parts.netloc + parts.path).rstrip("/")}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("the checkpoint holds what is not base64") from None
