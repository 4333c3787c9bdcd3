"""Passes: what a browser shows in place of a password that was right a while ago.

A pass is `{until}.{signature}`: a time in seconds since 1970, and HMAC-SHA256 over it and the bucket's id by the
bucket's own secret. Nothing is written of passes, and another password, which comes with another secret, ends them all.
"""

import hashlib
import hmac
import re
from typing import Final

PASS_SECONDS: Final = 3600

_PASS: Final = re.compile(r"([0-9]{1,12})\.([0-9a-f]{64})")


def pass_until(until: int, sid: str, secret: str) -> str:
    """Answer the pass to a bucket that is good until a moment."""
    return f"{until}.{_signature(until, sid, secret)}"


def is_good_pass(text: str, sid: str, secret: str, now: int) -> bool:
    """Tell whether a text is a pass to a bucket that is good at a moment."""
    found = _PASS.fullmatch(text)
    if found is None:
        return False
    until = int(found[1])
    return hmac.compare_digest(found[2], _signature(until, sid, secret)) and now < until


def _signature(until: int, sid: str, secret: str) -> str:
    return hmac.digest(bytes.fromhex(secret), f"{sid}.{until}".encode(), hashlib.sha256).hex()
