"""The whole of it: a bundle is accepted only when everything in it, and everything the trusted root asks for, holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import Certificate, ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID

from chalicelib.domain.attestations import (
    Accepted,
    AttestationCertificateUntrusted,
    AttestationMalformed,
    AttestationNotLogged,
    AttestationSignatureInvalid,
    AttestationTimeUnproven,
)
from chalicelib.domain.times import timestamp
from chalicelib.npm.attestations.bundles import Bundle
from chalicelib.npm.attestations.chains import extension, trusted_path
from chalicelib.npm.attestations.encoding import read_der
from chalicelib.npm.attestations.keys import is_signed, load_certificate, supported
from chalicelib.npm.attestations.roots import TrustedRoot
from chalicelib.npm.attestations.sct import check_logged
from chalicelib.npm.attestations.statements import Statement
from chalicelib.npm.attestations.timestamps import check_timestamp
from chalicelib.npm.attestations.tlog import check_entry

ISSUER: Final = ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
ISSUER_OF_OLD: Final = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")


def verify(data: bytes, root: TrustedRoot, *, name: str, version: str, sha512: str) -> Accepted:
    """Hold a bundle to be a trusted attestation of a version's tarball; raises AttestationRefused."""
    bundle = Bundle.parse(data)
    statement = Statement.parse(bundle.envelope.payload)
    statement.check_subject(name, version, sha512)
    certificate = _certificate(bundle.leaf)
    moments = _moments(bundle, root)
    try:
        _check_certificate(certificate, moments, root)
        _check_signature(bundle, certificate)
        return Accepted(
            statement.predicate_type, timestamp(min(moments)), _identity(certificate), _issuer(certificate)
        )
    except (ValueError, UnsupportedAlgorithm) as error:
        # Parts of a certificate are read when they are asked for.
        raise AttestationCertificateUntrusted(f"the certificate cannot be read: {error}") from None


def _certificate(der: bytes) -> Certificate:
    try:
        return load_certificate(der)
    except ValueError:
        raise AttestationMalformed("the bundle's certificate cannot be read") from None


def _moments(bundle: Bundle, root: TrustedRoot) -> list[datetime]:
    """Answer the moments at which the signature is proven to have been there: of each log's promise and timestamp."""
    if root.logs and not bundle.entries:
        raise AttestationNotLogged("the bundle has no entry of a transparency log")
    logged = [
        (entry.log_id.key_id, check_entry(entry, bundle.envelope, bundle.leaf, root.logs))
        for entry in bundle.entries
    ]
    promised = [(log, moment) for log, moment in logged if moment is not None]
    stamped = [
        check_timestamp(response, bundle.envelope.signature, root.timestamp_authorities)
        for response in bundle.timestamps
    ]
    _check_distinct(promised, stamped)
    moments = [moment for _, moment in promised] + [moment for moment, _ in stamped]
    if not moments:
        raise AttestationTimeUnproven(
            "neither a log's promise nor a timestamp proves when the attestation was signed"
        )
    return moments


def _check_distinct(promised: Sequence[object], stamped: Sequence[object]) -> None:
    if len(set(promised)) < len(promised) or len(set(stamped)) < len(stamped):
        raise AttestationTimeUnproven("the bundle has one promise or timestamp twice")


def _check_certificate(certificate: Certificate, moments: Sequence[datetime], root: TrustedRoot) -> None:
    for moment in moments:
        path = trusted_path(certificate, root.authorities, moment, ExtendedKeyUsageOID.CODE_SIGNING)
    check_logged(certificate, path[1], root.certificate_logs)


def _check_signature(bundle: Bundle, certificate: Certificate) -> None:
    envelope = bundle.envelope
    if not is_signed(supported(certificate.public_key()), envelope.signed_bytes, envelope.signature):
        raise AttestationSignatureInvalid(
            "the envelope was not signed by the key of the bundle's certificate"
        )


def _identity(certificate: Certificate) -> str:
    """Answer the name in a certificate, which is in its alternative names; raises AttestationCertificateUntrusted."""
    names = extension(certificate, x509.SubjectAlternativeName)
    for kind in (x509.UniformResourceIdentifier, x509.RFC822Name):
        for found in names.get_values_for_type(kind) if names else []:
            return str(found)
    raise AttestationCertificateUntrusted("the certificate does not say whom it was given to")


def _issuer(certificate: Certificate) -> str | None:
    found = {each.oid: each.value for each in certificate.extensions if each.oid in {ISSUER, ISSUER_OF_OLD}}
    if isinstance(present := found.get(ISSUER), x509.UnrecognizedExtension):
        return read_der(present.value).content.decode("utf-8", "replace")
    if isinstance(old := found.get(ISSUER_OF_OLD), x509.UnrecognizedExtension):
        return old.value.decode("utf-8", "replace")
    return None
