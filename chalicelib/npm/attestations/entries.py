"""What entries of a transparency log say: which signature, by which certificate, over which payload.

Rekor's kinds for envelopes are read: `dsse` 0.0.1 and 0.0.2, and `intoto` 0.0.2
(https://github.com/sigstore/rekor/tree/main/pkg/types).
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import InvalidVersion, load_pem_x509_certificate
from pydantic_core import from_json

from chalicelib.domain.attestations import AttestationNotLogged, AttestationUnsupported
from chalicelib.npm.attestations.bundles import KindVersion


class Logged(NamedTuple):
    """What an entry is about: a signature, its certificate in DER, and the SHA-256 of the payload."""

    signature: bytes
    certificate: bytes
    payload_sha256: bytes


def read_entry(stated: KindVersion, body: bytes) -> Logged:
    """Read the body of an entry; raises AttestationNotLogged and AttestationUnsupported."""
    read = _READERS.get((stated.kind, stated.version))
    if read is None:
        raise AttestationUnsupported(
            f"the log's entry is of kind `{stated.kind[:50]}` `{stated.version[:20]}`"
        )
    try:
        value = from_json(body)
        if (value["kind"], value["apiVersion"]) != (stated.kind, stated.version):
            raise AttestationNotLogged("the log's entry is of another kind than the bundle states")
        return read(value["spec"])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, InvalidVersion) as error:
        raise AttestationNotLogged(f"the log's entry cannot be read: {type(error).__name__}") from None


def _dsse_v1(spec: Mapping[str, Any]) -> Logged:
    [signature] = spec["signatures"]
    return Logged(
        _decoded(signature["signature"]),
        _from_pem(_decoded(signature["verifier"])),
        _hex(spec["payloadHash"]),
    )


def _dsse_v2(spec: Mapping[str, Any]) -> Logged:
    [signature] = spec["dsseV002"]["signatures"]
    payload_hash = spec["dsseV002"]["payloadHash"]
    if payload_hash["algorithm"] != "SHA2_256":
        raise ValueError("the payload's digest is no SHA-256")
    return Logged(
        _decoded(signature["content"]),
        _decoded(signature["verifier"]["x509Certificate"]["rawBytes"]),
        _decoded(payload_hash["digest"]),
    )


def _intoto_v2(spec: Mapping[str, Any]) -> Logged:
    content = spec["content"]
    [signature] = content["envelope"]["signatures"]
    # This kind has the texts of the envelope, in base64 once more.
    return Logged(
        _decoded(_decoded(signature["sig"]).decode("ascii")),
        _from_pem(_decoded(signature["publicKey"])),
        _hex(content["payloadHash"]),
    )


_READERS: Final[Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Logged]]] = {
    ("dsse", "0.0.1"): _dsse_v1,
    ("dsse", "0.0.2"): _dsse_v2,
    ("intoto", "0.0.2"): _intoto_v2,
}


def _hex(digest: Mapping[str, str]) -> bytes:
    if digest["algorithm"] != "sha256":
        raise ValueError("the digest is no SHA-256")
    return bytes.fromhex(digest["value"])


def _from_pem(data: bytes) -> bytes:
    return load_pem_x509_certificate(data).public_bytes(Encoding.DER)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("what should be base64 is not") from None
