"""What can go wrong with buckets of files.

NotFound
├── BucketNotFound
└── UploadGone
    ├── BucketExpired
    └── DownloadsSpent          it was downloaded as often as it may be
Conflict
└── DownloadRunning             somebody else is at the last download
Forbidden
├── BucketLocked
├── NotTheOwner
└── PrefetchRefused             a download that counts is not begun on a guess
TooLarge
└── UploadTooLarge
    └── BucketTooLarge
PasswordRequired
└── PasswordWrong
"""

from chalicelib.domain.access import Forbidden
from chalicelib.domain.errors import Conflict, NotFound, PrismError, UploadGone, UploadTooLarge


class BucketNotFound(NotFound):
    """No bucket has this id."""

    code = "bucket_not_found"
    title = "No such bucket"

    def __init__(self, sid: str) -> None:
        super().__init__(f"no bucket `{sid[:40]}` is known here; it may have been deleted", bucket=sid[:40])


class BucketExpired(UploadGone):
    """The bucket was kept for as long as its owner wanted."""

    code = "bucket_expired"
    title = "The bucket has expired"

    def __init__(self, sid: str, expired: str) -> None:
        NotFound.__init__(
            self, f"the bucket `{sid}` was kept until {expired}; ask its sender for another", bucket=sid
        )


class DownloadsSpent(UploadGone):
    """The file was downloaded as often as it may be."""

    code = "downloads_spent"
    title = "The file was downloaded as often as it may be"

    def __init__(self, upload: str, limit: int) -> None:
        times = "once" if limit == 1 else f"{limit} times"
        NotFound.__init__(
            self,
            f"this file could be downloaded {times}, and was; ask its sender for it",
            upload=upload,
            limit=limit,
        )


class DownloadRunning(Conflict):
    """As many downloads run as the file has left; one of them may yet fail."""

    code = "download_running"
    title = "The file is being downloaded"

    def __init__(self, upload: str, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            "all downloads that this file has left are running; should one of them fail, another can begin",
            upload=upload,
            retry_after=seconds,
        )


class BucketLocked(Forbidden):
    """Nothing can be added to the bucket."""

    code = "bucket_locked"
    title = "The bucket is locked"

    def __init__(self, sid: str) -> None:
        super().__init__(f"the bucket `{sid}` is locked, so nothing can be added to it", bucket=sid)


class NotTheOwner(Forbidden):
    """The bucket's owner alone may do this."""

    code = "not_the_bucket_owner"
    title = "This is for the owner of the bucket"

    def __init__(self, sid: str) -> None:
        super().__init__(
            f"this is for the owner of the bucket `{sid}`; send the key that came with it as `Prism-Owner-Key`",
            bucket=sid,
        )


class PrefetchRefused(Forbidden):
    """A browser asked for a file that can be downloaded only so often before anybody wanted it."""

    code = "prefetch_refused"
    title = "The file is not fetched in advance"

    def __init__(self) -> None:
        super().__init__(
            "this file can be downloaded only so often, and is not sent before somebody asks for it"
        )


class BucketTooLarge(UploadTooLarge):
    """A file, or all of a bucket's files together, would be larger than its maker wanted."""

    def __init__(self, what: str, size: int, limit: int) -> None:
        PrismError.__init__(
            self,
            f"{what} would have {size} bytes, and the bucket takes at most {limit}",
            size=size,
            limit=limit,
        )


class BucketFull(UploadTooLarge):
    """The bucket has as many files as one may have."""

    def __init__(self, limit: int) -> None:
        PrismError.__init__(self, f"a bucket has at most {limit} files; make another one", limit=limit)


class PasswordRequired(PrismError):
    """The bucket has a password, and the request brings none."""

    code = "password_required"
    title = "A password is needed"

    def __init__(self) -> None:
        super().__init__("this has a password; send it as `x-download-pass`, percent-encoded")


class PasswordWrong(PasswordRequired):
    """The password is another one, or what was given in its place is not valid any more."""

    code = "password_wrong"
    title = "The password is wrong"

    def __init__(self) -> None:
        PrismError.__init__(self, "the password is another one; ask the sender for it")
