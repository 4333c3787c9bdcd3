"""What the routes of the npm protocol read of a request's path and headers in the same way."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from chalicelib.api.queries import package_name
from chalicelib.api.requests import Request
from chalicelib.npm.versions import Form

ALWAYS_ASKED: Final = "public, max-age=0, must-revalidate"
"""Asking is cheap, and who has just published wants to install that."""
ABBREVIATED: Final = "application/vnd.npm.install-v1+json"

_RANGE: Final = re.compile(r"([^\s;,]+)\s*((?:;[^,]*)?)")
_QUALITY: Final = re.compile(r";\s*q\s*=\s*([0-9.]+)")


def base_of(request: Request) -> str:
    """Answer the address by which a client knows the registry, with a slash at its end."""
    return f"{request.origin}/npm/"


def is_exact(request: Request) -> bool:
    """Tell whether the path has a package's name as it is, and not one that means it here alone."""
    return request.params["name"] == package_name(request)


def form_of(request: Request) -> Form:
    """Answer the form that a client would rather have: the abbreviated one where it names it (RFC 9110, 12.5.1)."""
    wanted = _wanted(request.headers.get("accept", ""))
    short = wanted.get(ABBREVIATED, 0.0)
    return "abbreviated" if short and short >= wanted.get("application/json", 0.0) else "full"


def accepts_gzip(request: Request) -> bool:
    """Tell whether a client says that it reads gzip; who says nothing is taken for somebody with a plain tool."""
    wanted = _wanted(request.headers.get("accept-encoding", ""))
    return wanted.get("gzip", wanted.get("*", 0.0)) > 0


@lru_cache(maxsize=64)
def _wanted(header: str) -> Mapping[str, float]:
    """Answer how much a client wants what a header names; few clients send many headers that differ."""
    return {kind: quality(rest) for kind, rest in _RANGE.findall(header.lower())}


def quality(parameters: str) -> float:
    """Answer how much a client wants what the parameters belong to, from 0 to 1."""
    found = _QUALITY.search(parameters)
    try:
        return float(found[1]) if found else 1.0
    except ValueError:
        return 1.0
