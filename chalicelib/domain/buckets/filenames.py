"""Names that senders gave their files, made harmless for those who download them."""

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

MOST_BYTES: Final = 200
"""A folder of any system takes a name of 255; browsers add what tells two of the same name apart."""
NAMELESS: Final = "download"

_HARMFUL: Final = re.compile(
    r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]'
)
"""Separators, control characters, what some systems refuse, what turns the order of letters, halves of characters."""

_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def safe_filename(name: str | None) -> str:
    """Answer a name that names a file in whatever folder it is put, and nothing else."""
    text = _HARMFUL.sub("_", unicodedata.normalize("NFC", name or "")).strip().rstrip(".")
    if text.startswith("."):
        text = f"_{text[1:]}"
    if not text.strip("_ "):
        return NAMELESS
    if _DEVICE.fullmatch(text):
        text = f"_{text}"
    return _shortened(text)


def _shortened(text: str) -> str:
    if len(text.encode()) <= MOST_BYTES:
        return text
    suffix = PurePosixPath(text).suffix
    suffix = suffix if len(suffix.encode()) <= 20 else ""
    stem = text.removesuffix(suffix).encode()[: MOST_BYTES - len(suffix.encode())]
    return stem.decode(errors="ignore").rstrip() + suffix
