"""Every failure Prism can tell of, as one tree.

    PrismError
    ├── InvalidRequest        the request itself is wrong
    │   ├── InvalidPayload  InvalidName  InvalidVersion  InvalidRange  InvalidSpec  InvalidQuery
    │   └── DigestMismatch
    ├── NotFound
    │   └── PackageNotFound  VersionNotFound  TagNotFound  EntryNotFound  FileMissing  UploadNotFound  UploadGone
    ├── Conflict
    │   └── VersionExists  NameMismatch
    ├── TooLarge
    │   └── PayloadTooLarge  UploadTooLarge  TooManySpecs
    ├── InvalidTarball        the package cannot be accepted; tarball refusals derive from it
    ├── AuthenticationRequired, Forbidden    who calls is unknown, or may not do this; in `access`
    └── Unavailable
        └── Busy  UploadChanged

Failures of one subject live beside it and hang below one of these: `tags.InvalidTag` below InvalidRequest, the
refusals of tarballs and what publishing makes of a package below InvalidTarball. `/v1/problems` lists all of them.

An error has a stable `code`, a `title` that never changes for the code, a sentence about this occurrence, and its
facts as JSON values. The HTTP status is chosen at the edge, by class.
"""

from typing import ClassVar


class PrismError(Exception):
    """A failure that is told to the caller: a stable code, a sentence and the facts."""

    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, **facts: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts


class InvalidRequest(PrismError):
    """The request cannot be understood as sent."""

    code = "invalid_request"
    title = "The request is not valid"


class InvalidPayload(InvalidRequest):
    """The body does not have the documented shape."""

    code = "invalid_payload"
    title = "The payload is not valid"


class InvalidQuery(InvalidRequest):
    """A query parameter is missing or has a value that is not allowed."""

    code = "invalid_query"
    title = "The query is not valid"


class InvalidName(InvalidRequest):
    """A package name breaks npm's rules for names."""

    code = "invalid_name"
    title = "The package name is not valid"


class InvalidVersion(InvalidRequest):
    """A version is not semver 2.0.0."""

    code = "invalid_version"
    title = "The version is not valid"


class InvalidRange(InvalidRequest):
    """A range is neither npm range syntax nor a usable tag."""

    code = "invalid_range"
    title = "The range is not valid"


class InvalidSpec(InvalidRequest):
    """A package spec cannot be parsed."""

    code = "invalid_spec"
    title = "The spec is not valid"


class DigestMismatch(InvalidRequest):
    """The bytes received do not have the digest the sender declared."""

    code = "digest_mismatch"
    title = "The digest does not match"

    def __init__(self, *, declared: str, actual: str) -> None:
        super().__init__(
            f"the sha256 declared is `{declared}` but the bytes received have `{actual}`; send the tarball again",
            declared=declared,
            actual=actual,
        )


class NotFound(PrismError):
    """What was asked for does not exist."""

    code = "not_found"
    title = "Not found"


class PackageNotFound(NotFound):
    """No version of the package has been published."""

    code = "package_not_found"
    title = "The package does not exist"

    def __init__(self, name: str) -> None:
        super().__init__(f"no package `{name}` has been published here", name=name)


class VersionNotFound(NotFound):
    """The package exists, but no version of it fits what was asked for."""

    code = "version_not_found"
    title = "No such version"

    def __init__(self, name: str, wanted: str, *, latest: str | None = None) -> None:
        hint = f"; its latest version is `{latest}`" if latest else ""
        super().__init__(
            f"`{name}` has no version for `{wanted}`{hint}", name=name, wanted=wanted, latest=latest
        )


class TagNotFound(NotFound):
    """The package has no such dist-tag."""

    code = "tag_not_found"
    title = "No such tag"

    def __init__(self, name: str, tag: str) -> None:
        super().__init__(f"`{name}` has no tag `{tag}`", name=name, tag=tag)


class EntryNotFound(NotFound):
    """The package does not export what was asked for to that runtime."""

    code = "entry_not_found"
    title = "The package has no such entry"


class FileMissing(NotFound):
    """The version has no file at that path."""

    code = "file_not_found"
    title = "No such file"

    def __init__(self, name: str, version: str, path: str) -> None:
        super().__init__(f"`{name}@{version}` has no file `{path}`", name=name, version=version, path=path)


class UploadNotFound(NotFound):
    """Nothing was uploaded under this id."""

    code = "upload_not_found"
    title = "No such upload"

    def __init__(self, upload: str) -> None:
        super().__init__(
            f"nothing lies under `{upload}` below `incoming/`, and nothing is known of an upload there",
            upload=upload,
        )


class UploadGone(NotFound):
    """An upload was removed before it could be published."""

    code = "upload_gone"
    title = "The upload is gone"

    def __init__(self, upload: str) -> None:
        super().__init__(
            f"the upload `{upload}` was removed before it could be published; upload it again", upload=upload
        )


class Conflict(PrismError):
    """The request contradicts what is already there."""

    code = "conflict"
    title = "Conflict"


class VersionExists(Conflict):
    """The version was published before, with other bytes."""

    code = "version_exists"
    title = "The version exists already"

    def __init__(self, name: str, version: str, integrity: str) -> None:
        super().__init__(
            f"`{name}@{version}` is already published with other content; publish a new version number",
            name=name,
            version=version,
            integrity=integrity,
        )


class VersionMismatch(Conflict):
    """The package.json names another version than the request."""

    code = "version_mismatch"
    title = "The versions differ"

    def __init__(self, name: str, requested: str, packaged: str) -> None:
        super().__init__(
            f"the request is for `{name}@{requested}` but the package.json inside the tarball says `{packaged}`",
            name=name,
            requested=requested,
            packaged=packaged,
        )


class NameMismatch(Conflict):
    """The package.json names another package than the request."""

    code = "name_mismatch"
    title = "The names differ"

    def __init__(self, requested: str, packaged: str) -> None:
        super().__init__(
            f"the request is for `{requested}` but the package.json inside the tarball says `{packaged}`",
            requested=requested,
            packaged=packaged,
        )


class TooLarge(PrismError):
    """Something exceeds a limit."""

    code = "too_large"
    title = "Too large"


class PayloadTooLarge(TooLarge):
    """The request body exceeds what the registry takes in one request."""

    code = "payload_too_large"
    title = "The payload is too large"

    def __init__(self, limit: int, size: int) -> None:
        super().__init__(
            f"the body has {size} bytes and at most {limit} are taken in one request; what is larger is uploaded in "
            "chunks (docs/guides/upload.md), or a tarball to the bucket (docs/guides/publish-by-upload.md)",
            limit=limit,
            size=size,
        )


class UploadTooLarge(TooLarge):
    """An upload is larger than any package may be."""

    code = "upload_too_large"
    title = "The upload is too large"

    def __init__(self, limit: int, size: int) -> None:
        super().__init__(
            f"the upload has {size} bytes and a package may have at most {limit}", limit=limit, size=size
        )


class TooManySpecs(TooLarge):
    """One request asks for more resolutions than are answered at once."""

    code = "too_many_specs"
    title = "Too many specs"

    def __init__(self, what: str, limit: int, count: int) -> None:
        super().__init__(
            f"the request asks for {count} {what} and at most {limit} are answered at once; send several requests",
            limit=limit,
            count=count,
        )


class InvalidTarball(PrismError):
    """The tarball cannot be read as a package; nothing of it was kept."""

    code = "invalid_tarball"
    title = "The tarball is not a valid package"


class Unavailable(PrismError):
    """The registry cannot answer now; the same request may succeed later."""

    code = "unavailable"
    title = "The registry cannot answer now"


class UploadChanged(Unavailable):
    """An upload was replaced while it was being read; the one there now is to be taken up afresh."""

    code = "upload_changed"
    title = "The upload changed while it was read"

    def __init__(self, upload: str) -> None:
        super().__init__(
            "the upload changed while it was read; use a new upload id for new bytes", upload=upload
        )


class Busy(Unavailable):
    """Too many writers contend for one package; nothing was lost, and a repeat succeeds."""

    code = "busy"
    title = "Too many writers at once"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"too many writers change `{name}` at the same moment; send the request again", name=name
        )
