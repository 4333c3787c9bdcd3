"""Sigstore bundles, versions 0.1 to 0.3: an envelope, its signature, and what it takes to verify both.

The format is Sigstore's `Bundle` in the JSON form of protocol buffers
(https://docs.sigstore.dev/about/bundle/). What is not there is never guessed.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import from_json

from chalicelib.domain.attestations import AttestationMalformed, AttestationUnsupported
from chalicelib.npm.attestations.encoding import Base64

MAX_BYTES: Final = 1 << 20
"""More than any statement needs; real ones have ten to thirty thousand."""
MAX_ENTRIES: Final = 8
"""Entries and timestamps that are verified, each of which takes time."""

V1: Final = "application/vnd.dev.sigstore.bundle+json;version=0.1"
V2: Final = "application/vnd.dev.sigstore.bundle+json;version=0.2"
V3_OF_OLD: Final = "application/vnd.dev.sigstore.bundle+json;version=0.3"
V3: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
IN_TOTO: Final = "application/vnd.in-toto+json"


def _number(value: object) -> object:
    """Read 64-bit integers, which are texts in this form of JSON."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


Integer = Annotated[int, BeforeValidator(_number), Field(ge=0, lt=2**63)]


class Part(BaseModel):
    """A part of a bundle; members that are not known say nothing."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, extra="ignore", strict=True)


class Certificate(Part):
    """A certificate in DER."""

    raw_bytes: Base64 = Field(min_length=1)


class Chain(Part):
    """Certificates, the one that signed first; the others are not trusted for being there."""

    certificates: list[Certificate] = Field(min_length=1, max_length=10)


class Signed(Part):
    """A signature of the envelope."""

    sig: Base64 = Field(min_length=1)
    keyid: str | None = None


class Envelope(Part):
    """A DSSE envelope (https://github.com/secure-systems-lab/dsse)."""

    payload: Base64 = Field(min_length=1)
    payload_type: str
    signatures: list[Signed] = Field(min_length=1, max_length=1)

    @property
    def signature(self) -> bytes:
        """The one signature."""
        return self.signatures[0].sig

    @property
    def signed_bytes(self) -> bytes:
        """What is signed: DSSE's pre-authentication encoding."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)


class LogId(Part):
    """A log by the digest of its key."""

    key_id: Base64


class KindVersion(Part):
    """Of what kind an entry is."""

    kind: str
    version: str


class Promise(Part):
    """A log's promise to have an entry: a signed entry timestamp."""

    signed_entry_timestamp: Base64


class Checkpoint(Part):
    """A log's signed statement of its size and root."""

    envelope: str


class Proof(Part):
    """That an entry is in a log of a size and root."""

    log_index: Integer = 0
    root_hash: Base64 = b""
    tree_size: Integer = 0
    hashes: list[Base64] = Field(default_factory=list, max_length=64)
    checkpoint: Checkpoint | None = None


class Entry(Part):
    """An entry of a transparency log; `integrated_time` in seconds since 1970, 0 where the log does not tell."""

    log_index: Integer = 0
    log_id: LogId
    kind_version: KindVersion
    integrated_time: Integer = 0
    inclusion_promise: Promise | None = None
    inclusion_proof: Proof | None = None
    canonicalized_body: Base64 = Field(min_length=1)


class SignedTimestamp(Part):
    """An RFC 3161 timestamp response in DER."""

    signed_timestamp: Base64


class Timestamps(Part):
    """Timestamps of the signature."""

    rfc3161_timestamps: list[SignedTimestamp] = Field(
        default_factory=list, max_length=MAX_ENTRIES, alias="rfc3161Timestamps"
    )


class Material(Part):
    """What it takes to verify a bundle."""

    x509_certificate_chain: Chain | None = Field(default=None, alias="x509CertificateChain")
    certificate: Certificate | None = None
    public_key: dict[str, object] | None = None
    tlog_entries: list[Entry] = Field(default_factory=list, max_length=MAX_ENTRIES)
    timestamp_verification_data: Timestamps | None = None


class Bundle(Part):
    """A bundle with an envelope and a certificate."""

    media_type: Literal[
        "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "application/vnd.dev.sigstore.bundle+json;version=0.2",
        "application/vnd.dev.sigstore.bundle+json;version=0.3",
        "application/vnd.dev.sigstore.bundle.v0.3+json",
    ]
    verification_material: Material
    dsse_envelope: Envelope | None = None
    message_signature: dict[str, object] | None = None

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a bundle; raises AttestationMalformed and AttestationUnsupported."""
        if len(data) > MAX_BYTES:
            raise AttestationMalformed(
                f"the bundle has {len(data)} bytes, and at most {MAX_BYTES} are taken", limit=MAX_BYTES
            )
        try:
            bundle = cls.model_validate(from_json(data, allow_inf_nan=False))
        except ValidationError as error:
            raise _refusal(error) from None
        except ValueError:
            raise AttestationMalformed("the bundle is not JSON") from None
        bundle.check()
        return bundle

    @property
    def envelope(self) -> Envelope:
        """The envelope, which every bundle has that was parsed."""
        assert self.dsse_envelope is not None
        return self.dsse_envelope

    @property
    def leaf(self) -> bytes:
        """The certificate that signed, in DER."""
        material = self.verification_material
        if material.certificate is not None:
            return material.certificate.raw_bytes
        assert material.x509_certificate_chain is not None
        return material.x509_certificate_chain.certificates[0].raw_bytes

    @property
    def entries(self) -> list[Entry]:
        """The entries of transparency logs."""
        return self.verification_material.tlog_entries

    @property
    def timestamps(self) -> list[bytes]:
        """The timestamp responses, in DER."""
        given = self.verification_material.timestamp_verification_data
        return [timestamp.signed_timestamp for timestamp in given.rfc3161_timestamps] if given else []

    def check(self) -> None:
        """Hold the bundle to be whole and of a kind that is verified; raises as `parse` does."""
        material = self.verification_material
        if self.message_signature is not None or self.dsse_envelope is None:
            raise AttestationUnsupported("the bundle holds no DSSE envelope, and so no statement")
        if material.public_key is not None or self.envelope.signatures[0].keyid:
            raise AttestationUnsupported(
                "the bundle is signed by a key without a certificate, which says nothing of who"
            )
        if (material.certificate is None) == (material.x509_certificate_chain is None):
            raise AttestationMalformed(
                "the bundle is to have one of `certificate` and `x509CertificateChain`"
            )
        if self.envelope.payload_type != IN_TOTO:
            raise AttestationUnsupported(
                f"the payload is `{self.envelope.payload_type[:100]}` and not `{IN_TOTO}`"
            )
        self._check_version()

    def _check_version(self) -> None:
        """Hold the bundle to what its version asks for."""
        if self.media_type in {V3, V3_OF_OLD} and self.verification_material.certificate is None:
            raise AttestationMalformed("a bundle of version 0.3 has `certificate` and no chain")
        for entry in self.entries:
            if self.media_type == V1:
                if entry.inclusion_promise is None:
                    raise AttestationMalformed("an entry of the log has no `inclusionPromise`")
            elif entry.inclusion_proof is None or entry.inclusion_proof.checkpoint is None:
                raise AttestationMalformed("an entry of the log has no `inclusionProof` with a `checkpoint`")


def _refusal(error: ValidationError) -> AttestationMalformed | AttestationUnsupported:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if where == "mediaType" and first["type"] == "literal_error":
        return AttestationUnsupported(
            "the bundle's `mediaType` is none of Sigstore's bundles 0.1, 0.2 and 0.3"
        )
    return AttestationMalformed(f"the bundle{f' at `{where[:200]}`' if where else ''}: {first['msg']}")
