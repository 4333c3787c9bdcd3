"""Timestamps of a trusted authority: that a signature was there at a moment (RFC 3161, in CMS, RFC 5652)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.x509 import Certificate
from cryptography.x509.oid import ExtendedKeyUsageOID

from chalicelib.domain.attestations import (
    NEW_KEYS,
    AttestationCertificateUntrusted,
    AttestationTimeUnproven,
)
from chalicelib.npm.attestations.chains import trusted_path
from chalicelib.npm.attestations.encoding import (
    CONTEXT_0,
    GENERALIZED_TIME,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    Node,
    read_der,
)
from chalicelib.npm.attestations.keys import is_signed, supported
from chalicelib.npm.attestations.roots import Authority

SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")
TIMESTAMP_INFO: Final = bytes.fromhex("2a864886f70d0109100104")
CONTENT_TYPE: Final = bytes.fromhex("2a864886f70d010903")
MESSAGE_DIGEST: Final = bytes.fromhex("2a864886f70d010904")
GRANTED: Final = (0, 1)
_DIGESTS: Final[dict[bytes, tuple[str, HashAlgorithm]]] = {
    bytes.fromhex("608648016503040201"): ("sha256", SHA256()),
    bytes.fromhex("608648016503040202"): ("sha384", SHA384()),
    bytes.fromhex("608648016503040203"): ("sha512", SHA512()),
}
_SIGNED_BY: Final[dict[bytes, HashAlgorithm]] = {
    bytes.fromhex("2a8648ce3d040302"): SHA256(),
    bytes.fromhex("2a8648ce3d040303"): SHA384(),
    bytes.fromhex("2a8648ce3d040304"): SHA512(),
    bytes.fromhex("2a864886f70d01010b"): SHA256(),
    bytes.fromhex("2a864886f70d01010c"): SHA384(),
    bytes.fromhex("2a864886f70d01010d"): SHA512(),
}
"""Signature algorithms by OID: ECDSA, and RSA with PKCS #1 v1.5."""


class Timestamp(NamedTuple):
    """A timestamp that was verified: when, and by whose certificate."""

    moment: datetime
    serial: int


class _Response(NamedTuple):
    """What is read of a response; `info` is what was stamped, `attributes` are what was signed."""

    info: Node
    issuer: bytes
    serial: int
    attributes: Node
    digest: str
    algorithm: HashAlgorithm
    signature: bytes


def check_timestamp(response: bytes, data: bytes, authorities: Sequence[Authority]) -> Timestamp:
    """Hold a response to be a trusted authority's timestamp of the data; raises AttestationTimeUnproven."""
    try:
        read = _read(response)
        moment = _check_info(read.info, data)
        _check_attributes(read)
    except (ValueError, IndexError, KeyError) as error:
        raise AttestationTimeUnproven(f"a timestamp cannot be verified: {error}") from None
    for authority in authorities:
        signer = authority.certificates[0]
        if (
            _is_named(signer, read)
            and moment in authority.period
            and _is_signed_by(signer, read, authority, moment)
        ):
            return Timestamp(moment, read.serial)
    raise AttestationTimeUnproven(f"a timestamp is not signed by a trusted timestamp authority; {NEW_KEYS}")


def _read(response: bytes) -> _Response:
    status, content = read_der(response).expect(SEQUENCE).children()
    if status.expect(SEQUENCE).children()[0].integer() not in GRANTED:
        raise ValueError("the authority refused it")
    kind, wrapped = content.expect(SEQUENCE).children()
    if kind.expect(OID).content != SIGNED_DATA:
        raise ValueError("it is no signed data")
    parts = wrapped.expect(CONTEXT_0).children()[0].expect(SEQUENCE).children()
    kind, stamped = parts[2].expect(SEQUENCE).children()
    if kind.expect(OID).content != TIMESTAMP_INFO:
        raise ValueError("it is about no timestamp")
    info = stamped.expect(CONTEXT_0).children()[0].expect(OCTET_STRING)
    [signer] = parts[-1].expect(SET).children()
    return _signed(info, signer)


def _signed(info: Node, signer: Node) -> _Response:
    _, name, digest, attributes, algorithm, signature = signer.expect(SEQUENCE).children()[:6]
    issuer, serial = name.expect(SEQUENCE).children()
    digest_name, _ = _DIGESTS[digest.expect(SEQUENCE).children()[0].expect(OID).content]
    return _Response(
        info=info,
        issuer=issuer.whole,
        serial=serial.integer(),
        attributes=attributes.expect(CONTEXT_0),
        digest=digest_name,
        algorithm=_SIGNED_BY[algorithm.expect(SEQUENCE).children()[0].expect(OID).content],
        signature=signature.expect(OCTET_STRING).content,
    )


def _check_info(info: Node, data: bytes) -> datetime:
    """Hold what was stamped to be the data; answers when."""
    parts = read_der(info.content).expect(SEQUENCE).children()
    algorithm, imprint = parts[2].expect(SEQUENCE).children()
    name, _ = _DIGESTS[algorithm.expect(SEQUENCE).children()[0].expect(OID).content]
    if imprint.expect(OCTET_STRING).content != hashlib.new(name, data).digest():
        raise ValueError("it is of another signature")
    return _generalized(parts[4].expect(GENERALIZED_TIME).content)


def _check_attributes(read: _Response) -> None:
    """Hold the signed attributes to name what was stamped."""
    values: dict[bytes, Node] = {}
    for attribute in read.attributes.children():
        kind, held = attribute.expect(SEQUENCE).children()
        [value] = held.expect(SET).children()
        if values.setdefault(kind.expect(OID).content, value) is not value:
            raise ValueError("an attribute is there twice")
    if values[CONTENT_TYPE].expect(OID).content != TIMESTAMP_INFO:
        raise ValueError("its attributes are about something else")
    if (
        values[MESSAGE_DIGEST].expect(OCTET_STRING).content
        != hashlib.new(read.digest, read.info.content).digest()
    ):
        raise ValueError("its attributes are about another timestamp")


def _is_named(certificate: Certificate, read: _Response) -> bool:
    return certificate.serial_number == read.serial and certificate.issuer.public_bytes() == read.issuer


def _is_signed_by(certificate: Certificate, read: _Response, authority: Authority, moment: datetime) -> bool:
    """Tell whether an authority's certificate signed the attributes and leads to its root."""
    try:
        trusted_path(certificate, [authority], moment, ExtendedKeyUsageOID.TIME_STAMPING)
        key = supported(certificate.public_key())
    except (AttestationCertificateUntrusted, ValueError):
        return False
    # What is signed is the attributes as a set, whatever they are where they stand (RFC 5652, 5.4).
    signed = bytes([SET]) + read.attributes.whole[1:]
    return is_signed(key, signed, read.signature, read.algorithm)


def _generalized(content: bytes) -> datetime:
    text = content.decode("ascii")
    whole, _, fraction = text.removesuffix("Z").partition(".")
    if (
        not text.endswith("Z")
        or len(whole) != 14
        or not whole.isdigit()
        or (fraction and not fraction.isdigit())
    ):
        raise ValueError("its time is no time in UTC")
    moment = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return moment.replace(microsecond=int(fraction[:6].ljust(6, "0"))) if fraction else moment
