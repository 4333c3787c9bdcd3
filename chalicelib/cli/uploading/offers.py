"""What a registry takes: how large an upload and a single request may be."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.cli.errors import RegistryRefused

if TYPE_CHECKING:
    from chalicelib.cli.client import Registry

TUS: Final = {"Tus-Resumable": "1.0.0"}
SURELY_TAKEN: Final = 4 << 20
"""Bytes that fit into one request to any registry, also behind a gateway that wraps them in base64."""
CHUNK: Final = 8 << 20
"""Bytes sent in one request where more would be taken: what is lost at most when the network is."""
MOST_CHUNKS: Final = 20_000

_WITHOUT_UPLOADS: Final = frozenset({404, 405, 501})
_LIMIT: Final = re.compile(r"\s*([a-z-]+)\s*=\s*(\d{1,19})\s*")


class Offer(NamedTuple):
    """The most bytes of one request, and of a whole upload where there is such a limit."""

    request: int
    whole: int | None = None

    def chunk(self, size: int) -> int:
        """Answer how many bytes of an upload of a size go into one request."""
        return min(max(CHUNK, -(-size // MOST_CHUNKS)), self.request)


def ask(registry: "Registry") -> Offer | None:
    """Ask a registry what uploads it takes; None where it takes none but in one request."""
    try:
        answer = registry.send("OPTIONS", "uploads", TUS)
    except RegistryRefused as error:
        if error.http_status in _WITHOUT_UPLOADS:
            return None
        raise
    if "tus-version" not in answer.headers:
        return None
    return offer_of(answer.headers)


def offer_of(headers: Mapping[str, str]) -> Offer:
    """Answer what headers say: `Upload-Limit` as the draft of resumable uploads has it, and `Tus-Max-Size`."""
    limits = {
        found[1]: int(found[2])
        for part in headers.get("upload-limit", "").split(",")
        if (found := _LIMIT.fullmatch(part))
    }
    most = headers.get("tus-max-size", "").strip()
    whole = limits.get("max-size") or (int(most) if most.isdigit() else None)
    return Offer(limits.get("max-append-size") or SURELY_TAKEN, whole)
