"""Passwords of what is sent: given, read from a pipe, or asked for without showing them."""

from typing import Final
from urllib.parse import quote

from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import UsageError

HEADER: Final = "x-download-pass"


def read_password(given: str | None, env: Environment, *, new: bool) -> str | None:
    """Answer the password of an option: None where there is none, and asked for where it has no value.

    A new one is asked for twice. Raises UsageError for an empty one.
    """
    if given:
        return given
    if given is None:
        return None
    password = _asked("Password: ", env) if env.stdin.isatty() else env.stdin.readline().rstrip("\r\n")
    if not password:
        raise UsageError("the password is empty", hint="type one, or leave --password out")
    if new and env.stdin.isatty() and _asked("Again: ", env) != password:
        raise UsageError("the two passwords differ", hint="run the command again")
    return password


def password_headers(password: str) -> dict[str, str]:
    """Answer the header that opens what a password protects."""
    return {HEADER: quote(password, safe="")}


def _asked(prompt: str, env: Environment) -> str:
    from getpass import getpass

    return getpass(prompt, stream=env.stderr)
