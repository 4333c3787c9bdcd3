"""What the command reads from its environment, and what the options put in its place."""

import re
from argparse import Namespace
from typing import Final
from urllib.parse import urlsplit

from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import UsageError

REGISTRY_URL: Final = "PRISM_REGISTRY_URL"
TOKEN: Final = "PRISM_TOKEN"  # noqa: S105 - the variable's name, not a secret
PUBLISHER_NAME: Final = "PRISM_PUBLISHER_NAME"
PUBLISHER_EMAIL: Final = "PRISM_PUBLISHER_EMAIL"
DEFAULT_REGISTRY: Final = "http://127.0.0.1:8000"

_SENDABLE: Final = re.compile(r"[!-~]+")


def registry_url(args: Namespace, env: Environment) -> str:
    """Answer the registry's address without a final slash; raises UsageError."""
    url: str = args.registry or env.variable(REGISTRY_URL) or DEFAULT_REGISTRY
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            f"the registry `{url}` is not an http or https address",
            hint=f"write it like {DEFAULT_REGISTRY}, in --registry or {REGISTRY_URL}",
        )
    return url.rstrip("/")


def token(env: Environment) -> str | None:
    """Answer the token to send, if there is one; raises UsageError for what no header can hold."""
    text = env.variable(TOKEN)
    if text is None or _SENDABLE.fullmatch(text):
        return text
    raise UsageError(
        f"{TOKEN} holds spaces, line breaks or letters that no token has",
        hint="set it to the one line that `prism token create` printed",
    )
