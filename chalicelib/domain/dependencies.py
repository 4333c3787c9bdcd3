"""What kind of thing a dependency's spec is, told apart as npm's `npm-package-arg` 13 does."""

import re
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from chalicelib.domain.errors import InvalidRange
from chalicelib.domain.semver.grammar import SPACES
from chalicelib.domain.semver.ranges import Range

DependencyKind = Literal["range", "tag", "alias", "git", "url", "file", "workspace", "unknown"]

_FILE: Final = re.compile(r"\.|~/|/|[a-zA-Z]:|file:|link:|portal:", re.IGNORECASE)
_WORKSPACE: Final = re.compile(r"workspace:|catalog:", re.IGNORECASE)
_TARBALL: Final = re.compile(r"\.(?:tgz|tar\.gz|tar)\Z", re.IGNORECASE)
_PROTOCOL: Final = re.compile(r"(?:git\+)?[a-z]+:", re.IGNORECASE)
_SSH_ADDRESS: Final = re.compile(r"[^@/\s]+@[^:./\s]+\.[^:/\s]+:.+")
_GIT_PROTOCOL: Final = re.compile(r"git:|ssh:|git\+(?:ssh|https?|rsync|ftp|file):", re.IGNORECASE)
_GIT_SHORTCUT: Final = re.compile(r"(?:github|gitlab|bitbucket|gist|sourcehut):", re.IGNORECASE)
_GITHUB_SHORTHAND: Final = re.compile(r"[^\s#@:/.][^\s#@:/]*/[^\s#@:/]+(?:#.*)?", re.DOTALL)
_TAG: Final = re.compile(r"[A-Za-z0-9_.!~*'()-]+")


def classify_dependency(spec_text: str) -> DependencyKind:
    """Tell what a dependency's spec is; never raises. A version counts as a range, `link:` as a file."""
    if _WORKSPACE.match(spec_text):
        return "workspace"
    if _FILE.match(spec_text):
        return "file"
    if spec_text[:4].lower() == "npm:":
        return "alias"
    if _is_git(spec_text):
        return "git"
    if _PROTOCOL.match(spec_text):
        return "url" if spec_text[:8].lower().startswith(("http://", "https://")) else "unknown"
    if "/" in spec_text or _TARBALL.search(spec_text):
        return "file"
    return registry_kind(spec_text.strip(SPACES))


def is_foreign(text: str) -> bool:
    """Tell whether a text that begins a spec says by its form that it is no name, version, range or tag.

    A plain slash does not say so: in a spec it begins a path inside the package.
    """
    return bool(
        _FILE.match(text)
        or _PROTOCOL.match(text)
        or _SSH_ADDRESS.fullmatch(text)
        or ("/" not in text and _TARBALL.search(text))
    )


def registry_kind(text: str) -> Literal["range", "tag", "unknown"]:
    """Tell what a registry reads in a text: a range, or a tag if an address can hold it as it is."""
    try:
        Range.parse(text, loose=True)
    except InvalidRange:
        return "tag" if _TAG.fullmatch(text) else "unknown"
    return "range"


def _is_git(text: str) -> bool:
    if _GIT_SHORTCUT.match(text) or _GIT_PROTOCOL.match(text) or _GITHUB_SHORTHAND.fullmatch(text):
        return True
    return bool(_SSH_ADDRESS.fullmatch(text)) or _is_hosted_repository(text)


def _is_hosted_repository(text: str) -> bool:
    """Tell whether an http address is that of a repository on a host npm knows, not of a tarball there."""
    try:
        address = urlsplit(text)
        host = (address.hostname or "").removeprefix("www.")
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and _names_repository(host, address)


def _names_repository(host: str, address: SplitResult) -> bool:
    """Tell whether the path is a repository's; plain http npm takes from one host only."""
    path = address.path.removeprefix("/")
    user, project, below, *_ = [*path.split("/"), "", "", ""]
    if host == "github.com":
        return bool(user and project) and below in {"", "tree"}
    if address.scheme == "http":
        return False
    match host:
        case "gist.github.com":
            return bool(user or project) and below != "raw"
        case "bitbucket.org":
            return bool(user and project) and below != "get"
        case "git.sr.ht":
            return bool(user and project) and below != "archive"
        case "gitlab.com":
            owner, _, repository = path.rpartition("/")
            return bool(owner and repository) and "/-/" not in path and "/archive.tar.gz" not in path
    return False
