"""Passwords of buckets, by Argon2id (RFC 9106) with the least that OWASP advises: 19 MiB, two passes, one lane."""

import os
import unicodedata
from typing import Final

MEMORY_KIB: Final = 19_456
PASSES: Final = 2
LANES: Final = 1
SALT_BYTES: Final = 16
DIGEST_BYTES: Final = 32
MOST_CHARACTERS: Final = 1_000


def hashed(password: str) -> str:
    """Answer what is kept of a password, in PHC's format."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    made = Argon2id(
        salt=os.urandom(SALT_BYTES),
        length=DIGEST_BYTES,
        iterations=PASSES,
        lanes=LANES,
        memory_cost=MEMORY_KIB,
    )
    return made.derive_phc_encoded(_bytes(password))


def is_password(password: str, kept: str) -> bool:
    """Tell whether a password is the one of which something is kept; a wrong one takes as long as the right one."""
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    if len(password) > MOST_CHARACTERS:
        return False
    try:
        Argon2id.verify_phc_encoded(_bytes(password), kept)
    except InvalidKey:
        return False
    return True


def _bytes(password: str) -> bytes:
    """Answer the bytes of a password, the same for all ways to write the same characters."""
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")
