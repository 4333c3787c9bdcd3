"""Certificate transparency: that a certificate was given to a trusted log before it was signed (RFC 6962, 3.2)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate
from cryptography.x509.certificate_transparency import SignedCertificateTimestamp

from chalicelib.domain.attestations import NEW_KEYS, AttestationCertificateUntrusted
from chalicelib.npm.attestations.chains import extension
from chalicelib.npm.attestations.keys import is_signed
from chalicelib.npm.attestations.roots import Log

CERTIFICATE_TIMESTAMP: Final = b"\x00"
PRECERTIFICATE: Final = b"\x00\x01"
V1: Final = b"\x00"


def check_logged(certificate: Certificate, issuer: Certificate, logs: Sequence[Log]) -> None:
    """Hold every log that a certificate names to have promised it; raises AttestationCertificateUntrusted.

    Where certificate logs are trusted, there is to be one at least.
    """
    if not logs:
        return
    found = extension(certificate, x509.PrecertificateSignedCertificateTimestamps)
    promises = list(found) if found else []
    if not promises:
        raise AttestationCertificateUntrusted("the certificate has no timestamp of a certificate log")
    entry = _entry(certificate, issuer)
    for promise in promises:
        if not _is_promised(promise, entry, logs):
            raise AttestationCertificateUntrusted(
                f"no trusted certificate log promised the certificate at {promise.timestamp.isoformat()}; {NEW_KEYS}"
            )


def _entry(certificate: Certificate, issuer: Certificate) -> bytes:
    """Answer what a log has of a certificate: without the promises, and with the digest of its issuer's key."""
    key = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = certificate.tbs_precertificate_bytes
    return hashlib.sha256(key).digest() + len(body).to_bytes(3, "big") + body


def _is_promised(promise: SignedCertificateTimestamp, entry: bytes, logs: Sequence[Log]) -> bool:
    moment = promise.timestamp.replace(tzinfo=UTC)
    milliseconds = round(moment.timestamp() * 1000).to_bytes(8, "big")
    extensions = promise.extension_bytes
    signed = b"".join(
        (
            V1,
            CERTIFICATE_TIMESTAMP,
            milliseconds,
            PRECERTIFICATE,
            entry,
            len(extensions).to_bytes(2, "big"),
            extensions,
        )
    )
    return any(
        log.log_id == promise.log_id
        and moment in log.period
        and is_signed(log.key, signed, promise.signature, promise.signature_hash_algorithm)
        for log in logs
    )
