"""What is meant by documents that npm's clients send back whole, with something in them changed.

A client reads a packument, changes it and sends it back. By then others may have published, tagged or deprecated. So
what is sent is compared with what the client has read, which its `_rev` tells, and nothing but the difference is done.
"""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.domain.errors import Conflict, InvalidPayload
from chalicelib.domain.head import LATEST, Change, VersionState, View
from chalicelib.domain.publishers import publisher_name
from chalicelib.domain.semver.versions import is_prerelease, version_key
from chalicelib.npm.packuments import warning

MAX_MESSAGE: Final = 2000
MAX_OWNERS: Final = 100


class RevisionConflict(Conflict):
    """The package has changed since the client has read it."""

    code = "revision_conflict"
    title = "The package has changed in the meantime"

    def __init__(self, name: str, sent: str, present: int) -> None:
        super().__init__(
            f"`{name}` is at revision {present} and the request is for revision {sent[:40]}; read the package again "
            "and repeat",
            name=name,
            sent=sent[:40],
            present=present,
        )


def deprecations(document: Mapping[str, Any], read: View) -> dict[str, str]:
    """Answer the messages that are to be put on versions, empty to take one away; raises InvalidPayload."""
    return {
        version: message
        for version, message in _messages(document).items()
        if version in read.versions and message != _shown(read, version)
    }


def deprecating(messages: Mapping[str, str], view: View) -> list[Change]:
    """Answer the changes that put messages on the versions that are still there."""
    return [
        Change(type="deprecate", version=version, message=message)
        for version, message in sorted(messages.items())
        if version in view.versions and (view.versions[version].deprecated or "") != message
    ]


def kept_versions(document: Mapping[str, Any]) -> set[str]:
    """Answer the versions that a document still has; raises InvalidPayload."""
    versions = document.get("versions")
    if not isinstance(versions, Mapping):
        raise InvalidPayload("`versions` is not an object")
    return set(versions)


def unpublishing(gone: set[str], view: View) -> list[Change]:
    """Answer the changes that take versions away, and point `latest` at the best of those that stay."""
    changes = [Change(type="unpublish", version=version) for version in view.ascending if version in gone]
    left = {version: state for version, state in view.versions.items() if version not in gone}
    if left and view.latest in gone:
        best = max(left, key=lambda version: _rank(version, left[version]))
        changes.append(Change(type="tag", tag=LATEST, version=best))
    return changes


def owners(document: Mapping[str, Any]) -> list[str]:
    """Answer the names of the maintainers in a document, each once and in order; raises InvalidPayload."""
    maintainers = document.get("maintainers")
    if not isinstance(maintainers, list) or not maintainers:
        raise InvalidPayload("`maintainers` is not a list with somebody in it; a package always has an owner")
    if len(maintainers) > MAX_OWNERS:
        raise InvalidPayload(
            f"`maintainers` has {len(maintainers)} entries, and at most {MAX_OWNERS} are taken"
        )
    names = [entry.get("name") if isinstance(entry, Mapping) else None for entry in maintainers]
    if not all(isinstance(name, str) and name for name in names):
        raise InvalidPayload("an entry of `maintainers` has no `name`")
    return list(dict.fromkeys(publisher_name(str(name)) for name in names))


def _rank(version: str, state: VersionState) -> tuple[Any, ...]:
    return (not state.yanked, not is_prerelease(version), not state.deprecated, version_key(version))


def _messages(document: Mapping[str, Any]) -> dict[str, str]:
    versions = document.get("versions")
    if not isinstance(versions, Mapping):
        raise InvalidPayload("`versions` is not an object")
    messages = {}
    for version, manifest in versions.items():
        if not isinstance(manifest, Mapping):
            raise InvalidPayload(f"`versions[{version[:60]!r}]` is not an object")
        message = manifest.get("deprecated", "")
        # Old clients take a message away by `false`, and others by `null`.
        message = "" if message is False or message is None else message
        if not isinstance(message, str):
            raise InvalidPayload(f"`versions[{version[:60]!r}].deprecated` is not a text")
        if len(message) > MAX_MESSAGE:
            raise InvalidPayload(
                f"the message for {version[:60]} has {len(message)} characters and at most {MAX_MESSAGE} are taken"
            )
        messages[version] = message
    return messages


def _shown(view: View, version: str) -> str:
    state = view.versions[version]
    return warning(state.deprecated, state.yanked) or ""
