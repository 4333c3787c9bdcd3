"""Registry signatures as npm checks them: ECDSA over P-256 and SHA-256, of `name@version:integrity`.

Signatures are deterministic (RFC 6979): the same key and text make the same bytes whoever signs, and no signature can
give the key away by a bad random number.
"""

import base64
import hashlib
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from chalicelib.domain.signing import KeyPair

_ALGORITHM: Final = ec.ECDSA(SHA256(), deterministic_signing=True)


def new_pair() -> KeyPair:
    """Make a key."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return KeyPair(keyid_of(public), _base64(public), _base64(private))


def keyid_of(public: bytes) -> str:
    """Answer the id of a public key (DER SubjectPublicKeyInfo): its digest, written as npm writes its own."""
    return f"SHA256:{_base64(hashlib.sha256(public).digest()).rstrip('=')}"


def signed_text(name: str, version: str, integrity: str) -> str:
    """Answer what is signed of a version; `integrity` is the SRI value of its tarball."""
    return f"{name}@{version}:{integrity}"


def sign(private: str, text: str) -> str:
    """Answer the signature of a text by a private key (PKCS #8 in base64): DER in base64."""
    return _base64(_loaded(private).sign(text.encode(), _ALGORITHM))


@lru_cache(maxsize=8)
def _loaded(private: str) -> ec.EllipticCurvePrivateKey:
    key = load_der_private_key(base64.b64decode(private), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey), "the registry makes no other keys"
    return key


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
