"""Signals in which files a package holds."""

import re
from collections.abc import Iterator
from typing import Final

from chalicelib.domain.signals.inspection import Inspection
from chalicelib.domain.signals.rule import Observation, counted, rule

_NATIVE: Final = re.compile(r"\.(?:node|so(?:\.\d+)*|dylib|dll|exe)$", re.IGNORECASE)
_CREDENTIALS: Final = re.compile(
    r"(?:^|/)(?:\.npmrc|\.yarnrc(?:\.yml)?|\.netrc|_netrc|\.pypirc|\.dockercfg|\.docker/config\.json"
    r"|\.git-credentials|\.aws/credentials|\.env(?:\.(?!example$|sample$|template$|dist$|defaults$)[\w.-]+)?"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|[^/]*\.(?:pem|key|p12|pfx|jks|kdbx|ppk))$",
    re.IGNORECASE,
)
_HISTORY: Final = re.compile(r"(?:^|/)\.(?:git|hg|svn)/", re.IGNORECASE)
_WASM: Final = re.compile(r"\.wasm$", re.IGNORECASE)
_BUNDLED: Final = re.compile(r"(?:^|/)node_modules/")
# Code that reads or writes keys names their first line too, so the key itself must follow. Each pattern
# begins with plain text, which makes `re` skip to it at the speed of a search.
_SECRETS: Final = tuple(
    map(
        re.compile,
        (
            rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----(?:\\[nr]|[\s\"'`+,])*[A-Za-z0-9+/]{40}",
            rb"npm_[A-Za-z0-9]{36}\b",
            rb"gh[pousr]_[A-Za-z0-9]{36}\b",
            rb"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b",
            rb"AKIA(?!\w*EXAMPLE)[A-Z0-9]{16}\b",
            rb"ASIA(?!\w*EXAMPLE)[A-Z0-9]{16}\b",
            rb"xox[abprs]-[A-Za-z0-9-]{20,}",
            rb"sk_live_[A-Za-z0-9]{24,}",
        ),
    )
)
_PASSWORD_LINE: Final = re.compile(
    rb"^[^#;\n]*_(?:authToken|password|auth)[ \t]*=[ \t]*(?!\$\{)\S{8}", re.MULTILINE
)
_MAX_CREDENTIALS_SIZE: Final = 64 * 1024


def native_code(inspection: Inspection) -> Iterator[Observation]:
    """The package holds native code."""
    return _matching(inspection, _NATIVE, "compiled for one platform")


def web_assembly(inspection: Inspection) -> Iterator[Observation]:
    """The package holds WebAssembly."""
    return _matching(inspection, _WASM, "compiled")


def shrinkwrap(inspection: Inspection) -> Iterator[Observation]:
    """The package fixes the versions of its dependencies."""
    if "npm-shrinkwrap.json" in inspection.package.files:
        yield Observation("npm-shrinkwrap.json", "fixes the dependencies' versions for everyone who installs")


def bundled_packages(inspection: Inspection) -> Iterator[Observation]:
    """Other packages are included under `node_modules`."""
    return _matching(inspection, _BUNDLED, "brought along instead of installed")


def version_control(inspection: Inspection) -> Iterator[Observation]:
    """A version-control folder is included."""
    return _matching(inspection, _HISTORY, "of a version-control folder")


def credentials_file(inspection: Inspection) -> Iterator[Observation]:
    """A file has a name that credentials are kept under."""
    return _matching(inspection, _CREDENTIALS, "of a kind that holds credentials")


def secret(inspection: Inspection) -> Iterator[Observation]:
    """A file holds what looks like a private key, an access token or a password."""
    files = inspection.package.files
    scanned = {source.path: source.data for source in inspection.sources.scanned}
    kept = {path for path in files if _CREDENTIALS.search(path) and files[path].size <= _MAX_CREDENTIALS_SIZE}
    for path in sorted(kept | scanned.keys()):
        data = scanned[path] if path in scanned else inspection.package.read(path)
        if _has_secret(data) or (path in kept and _PASSWORD_LINE.search(data)):
            # What kind of thing it is gets told; the secret itself is not repeated.
            yield Observation(path, "holds a private key, an access token or a password")


def _has_secret(data: bytes) -> bool:
    return any(pattern.search(data) for pattern in _SECRETS)


def _matching(inspection: Inspection, pattern: re.Pattern[str], what: str) -> Iterator[Observation]:
    paths = [path for path in inspection.package.files if pattern.search(path)]
    if paths:
        yield Observation(paths[0], f"{counted(paths)} {what}")


RULES: Final = (
    rule("danger", secret),
    rule("warning", credentials_file),
    rule("warning", version_control),
    rule("warning", native_code),
    rule("info", web_assembly),
    rule("warning", shrinkwrap),
    rule("info", bundled_packages),
)
"""The rules on files, in the order they are reported."""
