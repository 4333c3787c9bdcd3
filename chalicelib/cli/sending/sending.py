"""Sending files: a bucket is made, some files go at the same time, and what was interrupted is gone on with."""

import hashlib
import json
import mimetypes
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.errors import CommandFailed, RegistryRefused, Unreachable
from chalicelib.cli.output import count
from chalicelib.cli.output import size as told_size
from chalicelib.cli.progress import Progress
from chalicelib.cli.sending.files import Sendable
from chalicelib.cli.sending.passwords import password_headers
from chalicelib.cli.sending.sent import Sent
from chalicelib.cli.uploading.offers import Offer, ask
from chalicelib.cli.uploading.patience import Patience, passes
from chalicelib.cli.uploading.tus import TusUploads, UploadGone
from chalicelib.cli.uploading.unfinished import Unfinished, What

if TYPE_CHECKING:
    from chalicelib.cli.client import Answer, Registry
    from chalicelib.cli.environment import Environment

AT_ONCE: Final = 4
"""Files that are sent at the same time."""
_GONE: Final = frozenset({404, 410})

Terms = Mapping[str, Any]


class Sending:
    """Sends files to one registry; `terms` are what the registry is asked for of the bucket."""

    def __init__(
        self,
        registry: "Registry",
        env: "Environment",
        files: Sequence[Sendable],
        terms: Terms,
        *,
        patience: float,
        quiet: bool,
    ) -> None:
        self._registry = registry
        self._env = env
        self._files = files
        self._terms = terms
        self._seconds = patience
        self._size = sum(file.size for file in files)
        doing = f"sending {count(len(files), 'file')},"
        self._progress = Progress(env, self._size, doing=doing, done="sent", quiet=quiet)
        self._unfinished = Unfinished(env, What(registry.url, self._name(), "", self._size))
        self._uploads: dict[str, str] = {}
        self._lock = Lock()
        self._stopped = Event()

    def send(self, *, lock: bool) -> tuple[Sent, "Answer"]:
        """Send the files and answer their bucket, and what the registry said when it was made."""
        offer = ask(self._registry)
        if offer is None:
            raise CommandFailed(
                "this registry takes no files but packages", hint="ask its operator to update it"
            )
        self._check(offer)
        sent, made = self._bucket()
        try:
            self._fill(sent, offer)
            if lock:
                self._patiently(lambda: self._registry.change(_path(sent), {"locked": True}, sent.headers()))
        except KeyboardInterrupt:
            self._progress.say("run the same command again to go on where this stopped")
            raise
        except CommandFailed as error:
            raise self._explained(error, sent) from error
        finally:
            self._progress.finish()
        sent = replace(sent, files=len(self._files), size=self._size)
        sent.keep(self._env)
        self._unfinished.forget()
        return sent, made

    def _check(self, offer: Offer) -> None:
        """Refuse what the registry would refuse, before anything is sent."""
        for file in self._files:
            if offer.whole is not None and file.size > offer.whole:
                raise RegistryRefused(
                    f"`{file.path}` has {told_size(file.size)}, and this registry takes at most "
                    f"{told_size(offer.whole)}",
                    http_status=413,
                    facts={"code": "upload_too_large", "limit": offer.whole},
                    hint="send it in pieces",
                )

    def _bucket(self) -> tuple[Sent, "Answer"]:
        """Answer the bucket that was begun to be filled with these files, or a new one."""
        from chalicelib.cli.client import Answer

        remembered = self._unfinished.recall()
        sent = Sent.recall(self._env, self._registry.url, remembered["upload"]) if remembered else None
        if remembered and sent and self._is_there(sent):
            self._uploads = dict(remembered.get("uploads") or {})
            return sent, Answer(200, json.dumps(remembered.get("made")))
        made = self._patiently(lambda: self._registry.create("buckets", self._terms))
        bucket = made.value
        sent = Sent(
            registry=self._registry.url,
            sid=bucket["sid"],
            url=bucket["url"],
            owner_key=bucket["ownerKey"],
            created=bucket["created"],
            expires=bucket["expires"],
            comment=bucket.get("comment"),
        )
        sent.keep(self._env)
        self._made = bucket
        self._remember(sent)
        return sent, made

    def _is_there(self, sent: Sent) -> bool:
        password = self._terms.get("password")
        headers = {**sent.headers(), **(password_headers(password) if password else {})}
        try:
            found = self._patiently(lambda: self._registry.send("GET", _path(sent), headers)).value
        except RegistryRefused:
            return False
        self._made = {**found, "ownerKey": sent.owner_key, "url": sent.url}
        return not found.get("locked")

    def _fill(self, sent: Sent, offer: Offer) -> None:
        self._progress.start()
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            for _ in pool.map(lambda index: self._send_one(sent, offer, index), range(len(self._files))):
                pass
        except BaseException:
            self._stopped.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _send_one(self, sent: Sent, offer: Offer, index: int) -> None:
        file = self._files[index]
        uploads = TusUploads(self._registry, offer, sent.headers())
        patience = Patience(self._env, self._seconds, self._progress.say, self._stopped)
        content = _Stoppable(file, self._stopped)
        while True:
            upload = self._uploads.get(str(index))
            try:
                if upload is None:
                    upload, position = uploads.create(file.size, _metadata(file, sent), patience)
                    self._uploads[str(index)] = upload
                    self._remember(sent)
                else:
                    position = uploads.find(upload, file.size, patience)
                    self._progress.skip(position.offset)
                uploads.fill(upload, content, position, self._progress, patience)
            except UploadGone:
                self._progress.say(
                    f"the registry has the unfinished `{file.name}` no more, so it begins anew"
                )
                self._uploads.pop(str(index), None)
            else:
                return

    def _remember(self, sent: Sent) -> None:
        with self._lock:
            self._unfinished.remember("bucket", sent.sid, uploads=dict(self._uploads), made=self._made)

    def _explained(self, error: CommandFailed, sent: Sent) -> CommandFailed:
        if passes(error):
            return Unreachable(error.message, hint="run the same command again to go on where this stopped")
        self._env.say(
            f"note: what was sent so far is at {sent.url}; `prism sent delete {sent.sid}` removes it"
        )
        return error

    def _patiently(self, send: Any) -> "Answer":
        patience = Patience(self._env, self._seconds, self._progress.say)
        while True:
            try:
                answer: Answer = send()
            except CommandFailed as error:
                patience.bear(error)
            else:
                return answer

    def _name(self) -> str:
        """Answer what names these files on these terms: the same command as long as nobody changes them."""
        told = [[str(file.path.resolve()), file.name, file.size, file.changed] for file in self._files]
        # Of a password only that there is one: a digest of it would let it be guessed.
        terms = {**self._terms, "password": "password" in self._terms}
        return f"send-{hashlib.sha256(json.dumps([told, terms]).encode()).hexdigest()}"


class _Stoppable:
    """A file that is read until somebody stops that."""

    def __init__(self, file: Sendable, stopped: Event) -> None:
        self._file = file
        self._stopped = stopped
        self.size = file.size

    def read_at(self, offset: int, count: int) -> bytes:
        """Answer so many bytes from an offset on; raises CommandFailed when it was stopped."""
        if self._stopped.is_set():
            raise CommandFailed("stopped")
        return self._file.read_at(offset, count)


def _metadata(file: Sendable, sent: Sent) -> dict[str, str]:
    kind, _ = mimetypes.guess_type(file.name)
    return {"filename": file.name, "sid": sent.sid, **({"filetype": kind} if kind else {})}


def _path(sent: Sent) -> str:
    return f"buckets/{sent.sid}"
