"""Who asks for a bucket: somebody with its password, with a pass that was given for that, or its owner."""

from typing import Final
from urllib.parse import quote, unquote

from chalicelib.api.guard import BUCKET_KEY, caller_of, with_bucket_key
from chalicelib.api.requests import Request
from chalicelib.domain.access import NOBODY, Caller
from chalicelib.domain.buckets.passes import PASS_SECONDS
from chalicelib.services.buckets.values import Visitor

PASSWORD_HEADER: Final = "x-download-pass"  # noqa: S105 - the name of a header
PASS: Final = "pass"  # noqa: S105 - the same of a parameter


def visitor_of(request: Request, sid: str) -> Visitor:
    """Answer what somebody shows who asks for a bucket."""
    password = request.headers.get(PASSWORD_HEADER)
    shown = (request.query(PASS), _cookies(request).get(_cookie_name(sid)))
    return Visitor(
        None if password is None else _decoded(password), tuple(text for text in shown if text is not None)
    )


def passing(text: str | None) -> str:
    """Answer the end of an address that brings a pass along, if there is one."""
    return f"?{PASS}={quote(text)}" if text else ""


def owner_of(request: Request) -> Caller:
    """Answer who says that a bucket is theirs; who brings its key needs no token.

    Raises InvalidToken, and AuthenticationRequired where nothing is brought.
    """
    if request.headers.get("authorization") is None and BUCKET_KEY in request.headers:
        return with_bucket_key(NOBODY, request)
    return with_bucket_key(caller_of(request), request)


def cookie(request: Request, sid: str, text: str) -> str:
    """Answer the header by which a browser keeps a pass, for the addresses of one bucket alone."""
    secure = "; Secure" if request.origin.startswith("https:") else ""
    path = f"{request.base_path}/s/{sid}"
    return f"{_cookie_name(sid)}={quote(text)}; Path={path}; Max-Age={PASS_SECONDS}; HttpOnly; SameSite=Lax{secure}"


def _cookie_name(sid: str) -> str:
    return f"prism-{sid}"


def _cookies(request: Request) -> dict[str, str]:
    pairs = (part.partition("=") for part in request.headers.get("cookie", "").split(";"))
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}


def _decoded(header: str) -> str:
    """Answer the text in a header, which is percent-encoded, or UTF-8 as it is."""
    text = unquote(header)
    try:
        return text.encode("latin-1").decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text
