"""Uploads directly to the registry's bucket: in parts, by addresses that the registry signs for them."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.errors import CommandFailed, RegistryRefused, Unreachable
from chalicelib.cli.failures import PUBLISHING_ANSWERS, REFUSED
from chalicelib.cli.granting import segment
from chalicelib.cli.output import printable
from chalicelib.cli.problems import hint_of
from chalicelib.cli.uploading.counting import Counted
from chalicelib.cli.uploading.tus import UploadGone

if TYPE_CHECKING:
    from chalicelib.cli.client import Registry
    from chalicelib.cli.environment import Environment
    from chalicelib.cli.progress import Progress
    from chalicelib.cli.uploading.patience import Patience
    from chalicelib.cli.uploading.tus import Content

PART: Final = 8 << 20
"""Bytes of a part that is asked for: what is lost at most when the network is."""
MOST_PARTS: Final = 10_000
AT_ONCE: Final = 4
"""Parts that are sent at the same time."""
LISTED: Final = 100
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 5.0
PENDING: Final = 202

_WITHOUT: Final = frozenset({404, 405, 501})
_ANEW: Final = frozenset({400, 401, 403})
"""What a bucket answers to an address that is good no longer."""
_THERE: Final = 412
_MIB: Final = 1 << 20

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be sent: a package of these bytes, and what else the registry is told of it."""

    name: str
    version: str
    size: int
    sha256: str
    publisher: Json
    tag: str | None = None

    def document(self) -> dict[str, Any]:
        """Answer it as the registry is asked."""
        part_size = -(-max(PART, self.size // MOST_PARTS + 1) // _MIB) * _MIB
        return {
            "name": self.name,
            "version": self.version,
            "size": self.size,
            "sha256": self.sha256,
            "publisher": self.publisher,
            "source": "cli",
            **({"tag": self.tag} if self.tag else {}),
            **({"partSize": part_size} if part_size < self.size else {}),
        }


class DirectUploads:
    """Uploads to the bucket behind one registry; `has_sent` once it has taken something."""

    def __init__(
        self, registry: "Registry", env: "Environment", progress: "Progress", patience: "Patience"
    ) -> None:
        self._registry = registry
        self._env = env
        self._progress = progress
        self._patience = patience
        self._lock = Lock()
        self.has_sent = False

    def begin(self, wish: Wish) -> Json | None:
        """Begin an upload, or answer None where the registry has no addresses for clients."""
        while True:
            try:
                begun: Json = self._registry.create("uploads/direct", wish.document()).value
            except RegistryRefused as error:
                if error.facts.get("code") == "direct_unavailable" or error.http_status in _WITHOUT:
                    return None
                self._patience.bear(error)
            except CommandFailed as error:
                self._patience.bear(error)
            else:
                self._patience.went()
                return begun

    def find(self, upload: str) -> Json:
        """Answer an upload that was begun; raises UploadGone."""
        found: Json = self._asked(f"uploads/direct/{segment(upload, 'upload')}")
        return found

    def fill(self, upload: Json, content: "Content", hope: "Patience") -> None:
        """Send what has not arrived yet, the first with `hope`; raises UploadGone and CommandFailed."""
        if upload.get("write"):
            self._progress.start()
            self._send_whole(upload, content, hope)
            return
        missing = [part for part in self._parts(upload) if not part["arrived"]]
        self._progress.start(at=content.size - sum(part["size"] for part in missing))
        for part in missing[:1]:
            self._send_part(upload, part, content, hope)
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            for _ in pool.map(
                lambda part: self._send_part(upload, part, content, self._patience), missing[1:]
            ):
                pass
        finally:
            pool.shutdown(cancel_futures=True)

    def finish(self, upload: Json) -> str:
        """Have an upload published whose bytes are there, and answer the job; raises RegistryRefused."""
        pause, path = FIRST_PAUSE, f"uploads/direct/{segment(upload['id'], 'upload')}/complete"
        while True:
            try:
                answer = self._registry.create(path, {})
            except CommandFailed as error:
                self._patience.bear(error)
                continue
            verdict = answer.value
            if verdict["status"] == "refused":
                raise _refusal(verdict)
            if verdict["status"] == "published":
                return str(verdict.get("jobId") or upload["job"]["id"])
            self._env.clock.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _send_whole(self, upload: Json, content: "Content", patience: "Patience") -> None:
        while True:
            write = upload["write"]
            if self._written(write, content.read_at(0, content.size), patience):
                return
            upload = self.find(upload["id"])

    def _send_part(self, upload: Json, part: Json, content: "Content", patience: "Patience") -> None:
        offset = (part["number"] - 1) * upload["partSize"]
        with self._lock:
            data = content.read_at(offset, part["size"])
        while not self._written(part, data, patience):
            [part] = self._page(upload, part["number"], 1)["parts"]

    def _written(self, write: Json, data: bytes, patience: "Patience") -> bool:
        """Send bytes to a signed address; answers whether they are there, and not that another address is needed."""
        counted = Counted(self._progress)
        try:
            response = self._registry.elsewhere(
                write["method"], write["url"], write["headers"], counted.body(data)
            )
        except Unreachable as error:
            counted.back()
            patience.bear(error)
            return False
        if response.status < 300 or response.status == _THERE:
            patience.went()
            self.has_sent = True
            return True
        counted.back()
        failed = RegistryRefused(
            f"the registry's bucket answers {response.status}",
            http_status=response.status,
            facts={},
            hint="add --via tus to send it through the registry",
        )
        patience.bear(failed, certainly=response.status in _ANEW)
        return False

    def _parts(self, upload: Json) -> Iterator[Json]:
        first = 1
        while first <= upload["partCount"]:
            parts: Sequence[Json] = self._page(upload, first, LISTED)["parts"]
            if not parts:
                raise CommandFailed("the registry does not say where the parts of the upload go")
            yield from parts
            first = parts[-1]["number"] + 1

    def _page(self, upload: Json, first: int, limit: int) -> Json:
        path = f"uploads/direct/{segment(upload['id'], 'upload')}/parts"
        return self._asked(path, **{"from": first, "limit": limit})

    def _asked(self, path: str, **query: int) -> Json:
        while True:
            try:
                value: Json = self._registry.get(path, **query).value
            except RegistryRefused as error:
                if error.http_status in {404, 410}:
                    raise UploadGone from error
                self._patience.bear(error)
            except CommandFailed as error:
                self._patience.bear(error)
            else:
                return value


def _refusal(verdict: Json) -> RegistryRefused:
    code = str(verdict.get("code"))
    status = PUBLISHING_ANSWERS.get(code, REFUSED)
    detail = printable(str(verdict.get("detail") or code))
    return RegistryRefused(detail, http_status=status, facts=verdict, hint=hint_of(code, status))
