"""What can go wrong with archives.

InvalidRequest
└── EmptyArchive          nothing is to be in it
NotFound
├── ArchiveNotFound       nobody has asked for it, or it is kept no longer
└── ArchiveMemberGone     something that belongs into it is there no longer
Conflict
└── ArchiveFailed         it could not be made
TooLarge
└── ArchiveTooLarge       it would have too many members or bytes
"""

from chalicelib.domain.errors import Conflict, InvalidRequest, NotFound, TooLarge


class EmptyArchive(InvalidRequest):
    """Nothing is to be in the archive."""

    code = "nothing_to_archive"
    title = "The archive would be empty"

    def __init__(self, detail: str = "name at least one package in `specs`, or a `bucket`") -> None:
        super().__init__(detail)


class ArchiveNotFound(NotFound):
    """Nobody has asked for this archive, or it is kept no longer, or the caller may not see all that is in it."""

    code = "archive_not_found"
    title = "No such archive"

    def __init__(self, archive: str) -> None:
        super().__init__(
            f"no archive `{archive[:80]}` is kept here; ask for it with `POST /v1/archives`, which makes it again",
            archive=archive[:80],
        )


class ArchiveMemberGone(NotFound):
    """Something that belongs into the archive is there no longer, or not as it was."""

    code = "archive_member_gone"
    title = "A member of the archive is gone"

    def __init__(self, archive: str, member: str) -> None:
        super().__init__(
            f"`{member}`, which belongs into the archive, is there no longer; ask for an archive of what there is",
            archive=archive,
            member=member,
        )


class ArchiveFailed(Conflict):
    """The archive could not be made; `reason` is the code of what kept its job from it."""

    code = "archive_failed"
    title = "The archive could not be made"

    def __init__(self, archive: str, job_id: str, *, reason: str, message: str) -> None:
        super().__init__(
            f"the archive could not be made: {message}; `POST /v1/archives` tries again",
            archive=archive,
            job_id=job_id,
            reason=reason,
        )


class ArchiveTooLarge(TooLarge):
    """The archive would have more members or bytes than are put into one."""

    code = "archive_too_large"
    title = "The archive would be too large"

    def __init__(self, what: str, limit: int, count: int) -> None:
        super().__init__(
            f"the archive would have {count} {what}, and at most {limit} are put into one; ask for several archives",
            limit=limit,
            count=count,
        )
