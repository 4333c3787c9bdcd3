"""What is asked for when an upload begins, and what is told of one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Self

from chalicelib.domain.uploads.documents import Refusal
from chalicelib.domain.uploads.ids import Fid
from chalicelib.stores.uploads import State

Concat = Literal["partial"] | Sequence[Fid] | None
"""A part of others, the parts of a whole, or neither."""


class NewUpload(NamedTuple):
    """A wish to begin an upload: of `length` bytes or as many as are told later, in the bucket `sid` or one of its own.

    `metadata` is decoded. `expires` is when it is removed, finished or not; without one that is the default, and in a
    bucket it is removed with that. `as_sent` are texts to be told again, by header.
    """

    length: int | None = None
    metadata: Mapping[str, str] = {}
    concat: Concat = None
    sid: str | None = None
    expires: datetime | None = None
    as_sent: Mapping[str, str] = {}


class Admission(NamedTuple):
    """A file may be begun in a bucket, where it is kept until a moment at most; the digest is of the owner's key."""

    expires: datetime
    key_sha256: str


class Upload(NamedTuple):
    """An upload as its owner is told of it; `state` is how the store found it.

    `job_id` is the job that publishes it, or before that the one that finishes it, and `error` why none does, once it
    is complete and names a package.
    """

    fid: Fid
    offset: int
    length: int | None
    is_complete: bool
    metadata: Mapping[str, str]
    concat: Literal["partial"] | list[str] | None
    owner: str | None
    created: str
    expires: str | None
    state: State
    job_id: str | None = None
    sha256: str | None = None
    error: Refusal | None = None

    @classmethod
    def of(cls, state: State) -> Self:
        """Answer what is told of an upload that was found like this."""
        info, done = state.info, state.done
        return cls(
            fid=state.fid,
            offset=state.offset,
            length=state.length,
            is_complete=state.is_complete,
            metadata=info.metadata,
            concat=info.concat,
            owner=info.owner,
            created=info.created,
            expires=state.expires,
            state=state,
            job_id=done.job_id if done else _finishing_job(state),
            sha256=done.sha256 if done else None,
            error=done.error if done else None,
        )

    @property
    def as_sent(self) -> Mapping[str, str]:
        """The texts to be told again, by header."""
        return self.state.info.as_sent or {}

    @property
    def is_final(self) -> bool:
        """Whether it was made of others."""
        return self.state.info.parts is not None


def _finishing_job(state: State) -> str | None:
    """Answer the job that an upload waits for that is complete and not done, or None."""
    is_package = not state.info.is_partial and "package" in state.info.metadata
    return state.fid.job_id if is_package and state.is_complete else None
