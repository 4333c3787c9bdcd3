"""What no setting of a run shows outside the process: credentials, by where they lie or by how they look."""

import re
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.telemetry.secrets import HIDDEN, is_secret, without_secrets

_NAMES: Final = re.compile(
    r"(api|private|access|secret|signing|encryption)key|passphrase|passwd|^(auth|pwd)$"
)
_ROOMS: Final = frozenset({"env", "environment", "headers", "providerconfig"})
"""All that lies in them is hidden, whatever its name."""
_HARMLESS: Final = frozenset({"providername"})
_TEXTS: Final = re.compile(
    r"\b(?:sk-[\w-]{16,}|gh[opsru]_\w{20,}|github_pat_\w{20,}|npm_\w{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}"
    r"|AIza[\w-]{30,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)"
)
"""The forms of widespread API keys and of signed tokens."""


def redacted(value: Any, *, hidden: bool = False) -> Any:
    """Answer JSON values with their secrets replaced; with `hidden`, every value that is not a container."""
    if isinstance(value, Mapping):
        return {name: _member(str(name), inner, hidden=hidden) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(inner, hidden=hidden) for inner in value]
    if value is None or (hidden and value == ""):
        return value
    if hidden:
        return HIDDEN
    return _TEXTS.sub(HIDDEN, without_secrets(value)) if isinstance(value, str) else value


def _member(name: str, value: Any, *, hidden: bool) -> Any:
    plain = re.sub("[^a-z0-9]", "", name.lower())
    if plain in _HARMLESS:
        return redacted(value)
    secret = hidden or plain in _ROOMS or is_secret(name) or _NAMES.search(plain) is not None
    return redacted(value, hidden=secret)
