"""Certificates, and signatures by the kinds of keys that Sigstore's certificates, logs and authorities have."""

from collections.abc import Callable
from functools import partial
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import Certificate, InvalidVersion, load_der_x509_certificate

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey

MIN_RSA_BITS: Final = 2048
CURVES: Final = ("secp256r1", "secp384r1", "secp521r1")
_HASHES: Final[dict[str, tuple[HashAlgorithm, ...]]] = {
    # npm signs and checks with SHA-256 whatever the curve, Sigstore's registry of algorithms pairs the sizes.
    "secp256r1": (SHA256(),),
    "secp384r1": (SHA384(), SHA256()),
    "secp521r1": (SHA512(), SHA256()),
}


def load_key(der: bytes) -> PublicKey:
    """Read a public key (DER SubjectPublicKeyInfo, or PKCS #1 for RSA); raises ValueError."""
    try:
        return supported(load_der_public_key(der))
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from None


def load_certificate(der: bytes) -> Certificate:
    """Read a certificate in DER; raises ValueError."""
    try:
        return load_der_x509_certificate(der)
    except InvalidVersion as error:
        raise ValueError(str(error)) from None


def supported(key: object) -> PublicKey:
    """Answer a key that is strong and of a kind that is known here; raises ValueError."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES:
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
        return key
    raise ValueError("the key is neither ECDSA over a NIST curve nor Ed25519 nor RSA of 2,048 bits or more")


def is_signed(key: PublicKey, data: bytes, signature: bytes, digest: HashAlgorithm | None = None) -> bool:
    """Tell whether a key signed the data; by a digest, or by one that is usual for the key."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return _holds(lambda: key.verify(signature, data))
    if isinstance(key, rsa.RSAPublicKey):
        return _holds(lambda: key.verify(signature, data, padding.PKCS1v15(), digest or SHA256()))
    digests = (digest,) if digest else _HASHES[key.curve.name]
    return any(_holds(partial(key.verify, signature, data, ec.ECDSA(used))) for used in digests)


def _holds(check: Callable[[], None]) -> bool:
    try:
        check()
    except (InvalidSignature, ValueError):
        return False
    return True
