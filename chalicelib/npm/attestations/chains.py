"""From a certificate to a trusted authority, as it stood at one moment (RFC 5280, as far as Sigstore uses it)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509 import Certificate, ObjectIdentifier

from chalicelib.domain.attestations import NEW_KEYS, AttestationCertificateUntrusted
from chalicelib.npm.attestations.roots import Authority

MAX_LENGTH: Final = 6
"""Certificates from the signing one to the root; Sigstore's have three."""

CHECKED: Final = frozenset(
    {
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.SubjectAlternativeName.oid,
    }
)
"""Critical extensions that are checked here, or that restrict nothing."""

Path = tuple[Certificate, ...]
Extension = TypeVar("Extension", bound=x509.ExtensionType)


class Untrusted(Exception):
    """A path does not hold; says why."""


def trusted_path(
    leaf: Certificate, authorities: Sequence[Authority], moment: datetime, usage: ObjectIdentifier
) -> Path:
    """Answer the certificates from one that signed at a moment to a trusted root; raises what says why there is none.

    Only the authorities' own certificates count, never those that came with a bundle.
    """
    reason = "no authority that is trusted at that time issued it"
    for authority in authorities:
        if moment not in authority.period:
            continue
        try:
            return _path(leaf, authority.certificates, moment, usage)
        except Untrusted as error:
            reason = str(error)
    raise AttestationCertificateUntrusted(
        f"the certificate does not lead to a trusted authority at {moment.isoformat()}: {reason}; {NEW_KEYS}"
    )


def extension(certificate: Certificate, kind: type[Extension]) -> Extension | None:
    """Answer an extension of a certificate, or None; raises ValueError where extensions cannot be read."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except (x509.DuplicateExtension, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from None


def _path(
    leaf: Certificate, trusted: Sequence[Certificate], moment: datetime, usage: ObjectIdentifier
) -> Path:
    reason = "no authority that is trusted at that time issued it"
    for path in _paths((leaf,), trusted):
        try:
            _check(path, moment, usage)
        except (Untrusted, ValueError) as error:
            reason = str(error)
        else:
            return path
    raise Untrusted(reason)


def _paths(begun: Path, trusted: Iterable[Certificate]) -> Iterator[Path]:
    """Answer the paths that go on to a root that signed itself."""
    for issuer in trusted:
        if issuer == begun[-1] or issuer in begun or not _issued(begun[-1], issuer):
            continue
        path = (*begun, issuer)
        if _issued(issuer, issuer):
            yield path
        elif len(path) < MAX_LENGTH:
            yield from _paths(path, trusted)


def _issued(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _check(path: Path, moment: datetime, usage: ObjectIdentifier) -> None:
    for certificate in path:
        if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
            raise Untrusted(
                f"`{certificate.subject.rfc4514_string()}` was valid from "
                f"{certificate.not_valid_before_utc.isoformat()} to {certificate.not_valid_after_utc.isoformat()}"
            )
        _check_critical(certificate)
    _check_leaf(path[0], usage)
    for depth, certificate in enumerate(path[1:]):
        _check_authority(certificate, depth, usage)


def _check_leaf(leaf: Certificate, usage: ObjectIdentifier) -> None:
    constraints = extension(leaf, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise Untrusted("the certificate is an authority's and not a signer's")
    key_usage = extension(leaf, x509.KeyUsage)
    if key_usage is not None and not key_usage.digital_signature:
        raise Untrusted("the certificate is not for signatures")
    extended = extension(leaf, x509.ExtendedKeyUsage)
    if extended is None or usage not in extended:
        raise Untrusted(f"the certificate is not for {usage._name}")  # noqa: SLF001 - it has no other name


def _check_authority(certificate: Certificate, depth: int, usage: ObjectIdentifier) -> None:
    """Hold a certificate to be an authority's, with so many other authorities below it."""
    constraints = extension(certificate, x509.BasicConstraints)
    name = certificate.subject.rfc4514_string()
    if constraints is None or not constraints.ca:
        raise Untrusted(f"`{name}` is no authority")
    if constraints.path_length is not None and constraints.path_length < depth:
        raise Untrusted(f"`{name}` may not have so many authorities below it")
    key_usage = extension(certificate, x509.KeyUsage)
    if key_usage is not None and not key_usage.key_cert_sign:
        raise Untrusted(f"`{name}` may not sign certificates")
    extended = extension(certificate, x509.ExtendedKeyUsage)
    if extended is not None and usage not in extended:
        raise Untrusted(f"`{name}` is not for {usage._name}")  # noqa: SLF001 - it has no other name


def _check_critical(certificate: Certificate) -> None:
    try:
        critical = [each.oid for each in certificate.extensions if each.critical]
    except (x509.DuplicateExtension, UnsupportedAlgorithm) as error:
        raise Untrusted(str(error)) from None
    for oid in critical:
        if oid not in CHECKED:
            raise Untrusted(f"the critical extension {oid.dotted_string} is not known")
