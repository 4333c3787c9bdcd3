"""Publishing a parcel by the way that suits its size and the registry, and going on where an earlier run stopped."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.client import Answer, header_value, name_path
from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import CommandFailed, RegistryRefused, Unreachable
from chalicelib.cli.output import size as told_size
from chalicelib.cli.progress import Progress, Watched
from chalicelib.cli.transport import Body
from chalicelib.cli.uploading.direct import DirectUploads, Wish
from chalicelib.cli.uploading.offers import SURELY_TAKEN, Offer, ask
from chalicelib.cli.uploading.outcomes import Outcomes
from chalicelib.cli.uploading.patience import Patience, passes
from chalicelib.cli.uploading.tus import TusUploads, UploadGone
from chalicelib.cli.uploading.unfinished import Unfinished, What
from chalicelib.domain.names import PackageName

if TYPE_CHECKING:
    from chalicelib.cli.client import Registry
    from chalicelib.cli.identity import Identity
    from chalicelib.cli.parcels import Parcel

MOST_INLINE: Final = 8 << 20
"""Bytes; what is larger is sent so that it can be gone on with, even where it would fit into one request."""
HOPE_SECONDS: Final = 10.0
"""How long the bucket may be out of reach at first, before the registry is believed to be the better way."""

_TOO_LARGE: Final = 413
_KEEPS: Final = frozenset({401, 403})
"""Refusals that say nothing about the upload: with another token it goes on."""


class Publishing:
    """Publishes one parcel."""

    def __init__(
        self,
        registry: "Registry",
        env: Environment,
        parcel: "Parcel",
        identity: "Identity",
        *,
        tag: str | None,
        patience: float,
        quiet: bool,
    ) -> None:
        self._registry = registry
        self._env = env
        self._parcel = parcel
        self._identity = identity
        self._tag = tag
        self._progress = Progress(env, parcel.size, quiet=quiet)
        self._patience = Patience(env, patience, self._progress.say)
        self._hope = Patience(env, min(patience, HOPE_SECONDS), self._progress.say)
        self._outcomes = Outcomes(registry, env, self._patience, shows=not quiet)
        self._unfinished = _memory(env, What(registry.url, parcel.name, parcel.sha256, parcel.size))

    def publish(self, way: str, *, resume: bool) -> Answer:
        """Publish by a way, or by the one that suits; `resume` insists on going on with an unfinished upload."""
        remembered = self._unfinished.recall() if self._unfinished else None
        if resume and remembered is None:
            raise self._nothing_to_resume()
        try:
            return self._published(way, remembered, resume=resume)
        finally:
            self._progress.finish()

    def _published(self, way: str, remembered: Mapping[str, Any] | None, *, resume: bool) -> Answer:
        if remembered is None and self._goes_inline(way, SURELY_TAKEN):
            try:
                return self._inline()
            except RegistryRefused as error:
                if way != "auto" or error.http_status != _TOO_LARGE:
                    raise
        offer = ask(self._registry)
        if offer is None:
            return self._without_offer(way)
        most = offer.request if way == "inline" else min(offer.request, MOST_INLINE)
        if remembered is None and self._goes_inline(way, most):
            return self._inline()
        self._check(offer, way)
        before = self._outcomes.published_before(self._parcel.name, self._parcel.version, self._parcel.sha256)
        if before is not None:
            self._forget()
            return before
        return self._in_parts(way, offer, remembered, resume=resume)

    def _without_offer(self, way: str) -> Answer:
        if way in {"auto", "inline"}:
            return self._inline()
        raise CommandFailed(
            "this registry takes packages in one request only",
            hint="leave --via out, or ask its operator to update it",
        )

    def _goes_inline(self, way: str, most: int) -> bool:
        return way in {"auto", "inline"} and self._parcel.size <= most

    def _check(self, offer: Offer, way: str) -> None:
        """Refuse what the registry would refuse, before it is sent."""
        most = offer.request if way == "inline" else offer.whole
        if most is not None and self._parcel.size > most:
            raise RegistryRefused(
                f"{self._told()} has {told_size(self._parcel.size)} packed, and this registry takes at most "
                f"{told_size(most)}" + (" in one request" if way == "inline" else ""),
                http_status=_TOO_LARGE,
                facts={"code": "upload_too_large", "limit": most},
                hint="leave --via out, so that it is sent in parts"
                if way == "inline"
                else "leave files out with `files` in package.json; `prism pack --dry-run` lists them",
            )

    def _inline(self) -> Answer:
        def start() -> Watched:
            self._progress.start()
            self._parcel.tarball.seek(0)
            return Watched(self._parcel.tarball, self._progress)

        headers = {
            **self._identity.headers(),
            "x-prism-source": "cli",
            "x-prism-sha256": self._parcel.sha256,
            **({"x-prism-tag": header_value(self._tag)} if self._tag else {}),
        }
        path = f"packages/{name_path(self._parcel.name)}"
        return self._registry.post(path, Body(start, self._parcel.size), headers)

    def _in_parts(
        self, way: str, offer: Offer, remembered: Mapping[str, Any] | None, *, resume: bool
    ) -> Answer:
        try:
            job = self._sent(way, offer, remembered, resume=resume)
        except KeyboardInterrupt:
            self._progress.say("run the same command again to go on where this stopped")
            raise
        except CommandFailed as error:
            raise self._explained(error) from error
        self._progress.finish()
        return self._outcome(job)

    def _outcome(self, job: str) -> Answer:
        """Answer what became of the bytes, all of which are there."""
        try:
            answer = self._outcomes.outcome(job)
        except Unreachable as error:
            hint = f"all bytes have arrived; `prism job {job} --follow` shows what becomes of them"
            raise Unreachable(error.message, hint=hint) from error
        except RegistryRefused:
            self._forget()
            raise
        self._forget()
        return answer

    def _sent(self, way: str, offer: Offer, remembered: Mapping[str, Any] | None, *, resume: bool) -> str:
        """Send the bytes, and answer the job that publishes them."""
        begun = remembered is not None and (way == "auto" or remembered["via"] == way)
        via, upload = (remembered["via"], remembered["upload"]) if begun and remembered else (way, None)
        while True:
            try:
                if via in {"auto", "direct"} and (job := self._by_direct(via, upload)) is not None:
                    return job
                return self._by_tus(offer, upload)
            except UploadGone:
                self._forget()
                if resume and upload is not None:
                    raise self._nothing_to_resume() from None
                self._progress.say("the registry has the unfinished upload no more, so it begins anew")
                via, upload = way, None

    def _by_tus(self, offer: Offer, upload: str | None) -> str:
        uploads, content = TusUploads(self._registry, offer), _Tarball(self._parcel)
        if upload is None:
            upload, position = uploads.create(self._parcel.size, self._metadata(), self._patience)
            self._remember("tus", upload)
        else:
            position = uploads.find(upload, self._parcel.size, self._patience)
        self._progress.start(at=position.offset)
        position = uploads.fill(upload, content, position, self._progress, self._patience)
        return uploads.finish(upload, content, position, self._patience)

    def _by_direct(self, way: str, upload: str | None) -> str | None:
        """Send the bytes to the registry's bucket; None where it takes none, unless that way was asked for."""
        uploads = DirectUploads(self._registry, self._env, self._progress, self._patience)
        begun = uploads.begin(self._wish()) if upload is None else uploads.find(upload)
        if begun is None and way == "auto":
            return None
        if begun is None:
            raise CommandFailed(
                "the storage behind this registry takes nothing from clients",
                hint="leave --via out, so that it is sent through the registry",
            )
        if upload is None:
            self._remember("direct", begun["id"])
        tries = way == "auto"
        try:
            uploads.fill(begun, _Tarball(self._parcel), self._hope if tries else self._patience)
        except Unreachable as error:
            if not tries or uploads.has_sent:
                raise
            self._progress.say(f"{error.message}; the package is sent through the registry")
            self._forget()
            return None
        return uploads.finish(begun)

    def _explained(self, error: CommandFailed) -> CommandFailed:
        """Answer an error that says how to go on, where one can; what cannot be gone on with is forgotten."""
        if passes(error):
            hint = (
                "run the same command again to go on where this stopped" if self._unfinished else error.hint
            )
            return Unreachable(error.message, hint=hint)
        if isinstance(error, RegistryRefused) and error.http_status not in _KEEPS:
            self._forget()
        return error

    def _nothing_to_resume(self) -> CommandFailed:
        return RegistryRefused(
            f"there is no unfinished upload of these bytes of {self._told()} to {self._registry.url}",
            http_status=404,
            facts={"code": "upload_not_found"},
            hint="leave --resume out to begin anew",
        )

    def _wish(self) -> Wish:
        parcel, identity = self._parcel, self._identity
        publisher = {"name": identity.name, **({"email": identity.email} if identity.email else {})}
        return Wish(parcel.name, parcel.version, parcel.size, parcel.sha256, publisher, self._tag)

    def _metadata(self) -> dict[str, str]:
        parcel = self._parcel
        return {
            "filename": PackageName(parcel.name).packed(parcel.version),
            "filetype": "application/gzip",
            "package": parcel.name,
            "sha256": parcel.sha256,
            "source": "cli",
            "publisher": self._identity.name,
            **({"email": self._identity.email} if self._identity.email else {}),
            **({"tag": self._tag} if self._tag else {}),
        }

    def _remember(self, way: str, upload: str) -> None:
        if self._unfinished:
            try:
                self._unfinished.remember(way, upload)
            except CommandFailed as error:
                self._progress.say(f"note: {error.message}, so an interrupted upload begins anew")
                self._unfinished = None

    def _forget(self) -> None:
        if self._unfinished:
            self._unfinished.forget()

    def _told(self) -> str:
        return f"{self._parcel.name}@{self._parcel.version}"


def _memory(env: Environment, what: What) -> Unfinished | None:
    """Answer the memory of an upload; None for a user without a home, who cannot go on with one."""
    try:
        return Unfinished(env, what)
    except CommandFailed:
        return None


class _Tarball:
    """The parcel's bytes, at any offset."""

    def __init__(self, parcel: "Parcel") -> None:
        self._file = parcel.tarball
        self.size = parcel.size

    def read_at(self, offset: int, count: int) -> bytes:
        """Answer so many bytes from an offset on."""
        self._file.seek(offset)
        return self._file.read(count)
