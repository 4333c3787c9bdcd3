"""The metadata of an upload as one header carries them (tus 1.0.0, Upload-Metadata).

    filename cGFja2FnZS50Z3o=,package bXktcGFja2FnZQ==,flag

Keys are ASCII without spaces and commas, values are UTF-8 in base64, and a value that is empty may be left out.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Final

from chalicelib.api.uploads.refusals import InvalidUploadHeader

HEADER: Final = "Upload-Metadata"


def decode(header: str | None) -> dict[str, str]:
    """Answer the metadata in a header's value, in order; none where there is no header.

    Raises InvalidUploadHeader.
    """
    text = (header or "").strip()
    pairs = [_pair(part.strip(" \t")) for part in text.split(",")] if text else []
    metadata = dict(pairs)
    if len(metadata) < len(pairs):
        raise InvalidUploadHeader(HEADER, "has the same key twice; send each key once")
    return metadata


def encode(metadata: Mapping[str, str]) -> str:
    """Answer metadata as a header's value, in order."""
    return ",".join(_encoded(key, value) for key, value in metadata.items())


def _encoded(key: str, value: str) -> str:
    return f"{key} {base64.b64encode(value.encode()).decode('ascii')}" if value else key


def _pair(part: str) -> tuple[str, str]:
    key, _, value = part.partition(" ")
    if not key:
        raise InvalidUploadHeader(
            HEADER, "has an empty key; send `key value` pairs with a comma between them"
        )
    return key, _value(key, value.strip(" \t"))


def _value(key: str, text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidUploadHeader(
            HEADER, f"has a value for `{key[:40]}` that is not UTF-8 text in base64"
        ) from None
