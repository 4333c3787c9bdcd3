"""Uploads that clients send to the medium themselves, and that nobody has brought to their end.

Where the medium announces nothing, or an announcement was lost, an upload is published by whoever calls for its
completion. A client that dies before leaves its bytes lying, and a wish that tells what they are.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from chalicelib.domain.direct import is_wish_id
from chalicelib.domain.executions.errors import Overtaken, RunHeld
from chalicelib.domain.sweeping import Position
from chalicelib.services.ingesting import Ingesting
from chalicelib.services.sweeping.tasks import Candidate
from chalicelib.stores.direct import Arriving, Wishes
from chalicelib.stores.incoming import Incoming
from chalicelib.stores.sweeping import Rooms

PATIENCE: Final = timedelta(minutes=15)
"""How long an upload is left to whoever has begun it."""
REMEMBERED: Final = timedelta(days=1)
"""How long the client may ask again for what was published or refused."""
OVERDUE: Final = timedelta(days=3)
"""When nothing can come any more: a bucket removes the parts of an upload before."""
SUFFIX: Final = ".json"


class UnfinishedUploads:
    """Publishes what has arrived, and forgets what was published, refused or never came."""

    name = "direct"

    def __init__(
        self,
        rooms: Rooms,
        wishes: Wishes,
        arriving: Arriving,
        incoming: Incoming,
        ingesting: Callable[[], Ingesting],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._rooms = rooms
        self._wishes = wishes
        self._arriving = arriving
        self._incoming = incoming
        self._ingesting = ingesting
        self._now = now

    def candidates(self, position: Position) -> Iterator[Candidate]:
        """Answer the wishes of clients."""
        for lying in self._rooms.wishes(position.after):
            wished = lying.name.removesuffix(SUFFIX)
            due = is_wish_id(wished) and lying.modified < self._now() - PATIENCE
            yield Candidate(lying.name, wished, due, lying.modified)

    def treat(self, candidate: Candidate) -> str | None:
        """Publish an upload whose bytes are there, or forget it when its time is over."""
        wish = self._wishes.find(candidate.subject)
        if wish is None:
            return None
        upload = self._incoming.find(wish.upload_id)
        if upload.object is not None:
            return self._publish(wish.id, self._incoming.key(wish.upload_id))
        ended = upload.verdict is not None and upload.verdict.final
        if candidate.modified > self._now() - (REMEMBERED if ended else OVERDUE):
            return None
        # The wish first: what arrives without one is refused.
        self._wishes.remove(wish.id)
        self._arriving.give_up(wish)
        return f"{wish.id} forgotten"

    def _publish(self, wished: str, key: str) -> str | None:
        try:
            verdict = self._ingesting().ingest(key, patience=0)
        except (RunHeld, Overtaken):
            return None
        return f"{wished} {verdict.status}" if verdict and verdict.final else None
