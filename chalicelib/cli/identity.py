"""Who publishes, as far as the options, the package and the environment say."""

import json
import re
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chalicelib.cli.client import header_value
from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import UnusablePackage
from chalicelib.cli.settings import PUBLISHER_EMAIL, PUBLISHER_NAME

ANONYMOUS: Final = "anonymous"
_PERSON: Final = re.compile(r"\s*([^<(]*?)\s*(?:<([^>]*)>)?\s*(?:\([^)]*\))?\s*")


@dataclass(frozen=True, slots=True)
class Identity:
    """A publisher's name and e-mail address."""

    name: str
    email: str | None = None

    def headers(self) -> dict[str, str]:
        """Answer the headers that tell the registry."""
        email = {"x-prism-publisher-email": header_value(self.email)} if self.email else {}
        return {"x-prism-publisher-name": header_value(self.name), **email}


def publisher(
    args: Namespace, env: Environment, *, folder: Path | None = None, package: Mapping[str, Any] | None = None
) -> Identity:
    """Answer who publishes: the first of options, prism.json, environment and `author` that has a name.

    The address is the option's, or the one that came with the name. Raises UnusablePackage for a broken
    prism.json.
    """
    for name, email in (
        (args.publisher_name, args.publisher_email),
        _prism_json(folder) if folder else (None, None),
        (env.variable(PUBLISHER_NAME), env.variable(PUBLISHER_EMAIL)),
        person((package or {}).get("author")),
    ):
        if name:
            return Identity(name, args.publisher_email or email)
    return Identity(ANONYMOUS, args.publisher_email)


def person(value: object) -> tuple[str | None, str | None]:
    """Read a person as package.json writes them: `Name <email> (url)`, or `name` and `email` in an object."""
    if isinstance(value, Mapping):
        return _text(value.get("name")), _text(value.get("email"))
    match = _PERSON.fullmatch(value) if isinstance(value, str) else None
    return (match[1] or None, match[2] or None) if match else (None, None)


def _prism_json(folder: Path) -> tuple[str | None, str | None]:
    path = folder / "prism.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return None, None
    except (OSError, ValueError) as error:
        raise UnusablePackage(f"`{path}` cannot be read as JSON: {error}") from error
    return person(document.get("publisher")) if isinstance(document, dict) else (None, None)


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
