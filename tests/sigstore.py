"""A Sigstore of one's own for tests: an authority, its certificate log, two kinds of Rekor and a timestamp authority.

Everything it makes has the formats of the real ones. What a test wants to be wrong, it changes afterwards, or says when
it has the parts made.
"""

import base64
import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW: Final = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
IN_TOTO: Final = "application/vnd.in-toto+json"
SLSA: Final = "https://slsa.dev/provenance/v1"
IDENTITY: Final = "https://github.com/acme/widget/.github/workflows/release.yml@refs/tags/v1.0.0"
ISSUER: Final = "https://token.actions.githubusercontent.com"

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
Json = dict[str, Any]


def b64(data: bytes) -> str:
    """Answer bytes as Sigstore writes them."""
    return base64.b64encode(data).decode()


def p256() -> ec.EllipticCurvePrivateKey:
    """Make a key as most are."""
    return ec.generate_private_key(ec.SECP256R1())


def spki(key: PrivateKey) -> bytes:
    """Answer the public half of a key."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def sign(key: PrivateKey, data: bytes, digest: HashAlgorithm | None = None) -> bytes:
    """Sign as npm expects of a key."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), digest or SHA256())
    return key.sign(data, ec.ECDSA(digest or SHA256()))


def der(tag: int, *parts: bytes) -> bytes:
    """Encode a value."""
    content = b"".join(parts)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    size = (len(content).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(content).to_bytes(size, "big") + content


def oid(dotted: str) -> bytes:
    """Encode an object identifier."""
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray([first * 40 + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        content += bytes(reversed(groups))
    return der(0x06, bytes(content))


def integer(number: int) -> bytes:
    """Encode an integer that is not negative."""
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


@dataclass
class Issued:
    """A certificate and the key it is about."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def der(self) -> bytes:
        """The certificate's bytes."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate as text."""
        return self.certificate.public_bytes(Encoding.PEM)


def named(common_name: str) -> x509.Name:
    """Answer a name as Fulcio's authorities have them."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "test"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def authority(
    name: str,
    parent: Issued | None = None,
    *,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING,
    path_length: int | None = None,
    ca: bool = True,
    not_before: datetime = NOW - timedelta(days=1000),
    not_after: datetime = NOW + timedelta(days=1000),
    extra: x509.ExtensionType | None = None,
) -> Issued:
    """Make an authority, or one below another."""
    key = p256()
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(parent.certificate.subject if parent else named(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length if ca else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if parent:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if extra:
        builder = builder.add_extension(extra, critical=True)
    signer = parent.key if parent else key
    return Issued(builder.sign(signer, SHA256()), key)


@dataclass
class Log:
    """A log with a key; `tree` are its entries."""

    url: str
    key: PrivateKey = field(default_factory=p256)
    tree: list[bytes] = field(default_factory=list)

    @property
    def log_id(self) -> bytes:
        """The log's id: the digest of its key."""
        return hashlib.sha256(spki(self.key)).digest()

    def described(self, **valid_for: str) -> Json:
        """Answer the log as a trusted root has it."""
        details = (
            "PKIX_ED25519" if isinstance(self.key, ed25519.Ed25519PrivateKey) else "PKIX_ECDSA_P256_SHA_256"
        )
        return {
            "baseUrl": self.url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": b64(spki(self.key)),
                "keyDetails": details,
                "validFor": {"start": "2020-01-01T00:00:00Z"} | valid_for,
            },
            "logId": {"keyId": b64(self.log_id)},
        }

    def proof(self, index: int) -> Json:
        """Answer that an entry is in the tree as it is now."""
        host = self.url.partition("://")[2]
        note = f"{host} - 42\n{len(self.tree)}\n{b64(_root(self.tree))}\n"
        signature = b64(self.log_id[:4] + sign(self.key, note.encode()))
        return {
            "logIndex": str(index),
            "rootHash": b64(_root(self.tree)),
            "treeSize": str(len(self.tree)),
            "hashes": [b64(each) for each in _path(index, self.tree)],
            "checkpoint": {"envelope": f"{note}\n\u2014 {host} {signature}\n"},
        }


def _root(leaves: list[bytes]) -> bytes:
    """Hash a tree by the definition (RFC 6962, 2.1)."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _root(leaves[:half]) + _root(leaves[half:])).digest()


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    """Answer the path of a leaf by the definition (RFC 6962, 2.1.1)."""
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*_path(index, leaves[:half]), _root(leaves[half:])]
    return [*_path(index - half, leaves[half:]), _root(leaves[:half])]


@dataclass
class Sigstore:
    """An instance: make bundles by `bundle`, and give `root()` to whoever is to trust it."""

    certificate_log: Log | None = field(default_factory=lambda: Log("https://ctlog.test"))
    rekor: Log = field(default_factory=lambda: Log("https://rekor.test"))
    rekor2: Log = field(
        default_factory=lambda: Log("https://log.rekor.test", ed25519.Ed25519PrivateKey.generate())
    )

    def __post_init__(self) -> None:
        """Make the authorities."""
        self.ca = authority("root")
        self.intermediate = authority("intermediate", self.ca, path_length=0)
        stamping = ExtendedKeyUsageOID.TIME_STAMPING
        self.tsa_root = authority("tsa-root")
        self.tsa = self.signer(p256(), issuer=self.tsa_root, usage=stamping, lifetime=timedelta(days=900))
        for number in range(4):
            self.rekor.tree.append(b"something else %d" % number)
            self.rekor2.tree.append(b"something else %d" % number)

    def root(self, **changed: object) -> Json:
        """Answer the trusted root, with parts of it changed."""
        chain = [self.intermediate, self.ca]
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self.rekor.described(), self.rekor2.described()],
            "certificateAuthorities": [described(*chain)],
            "ctlogs": [self.certificate_log.described()] if self.certificate_log else [],
            "timestampAuthorities": [described(self.tsa, self.tsa_root)],
        } | changed

    def signer(
        self,
        key: PrivateKey | None = None,
        *,
        issuer: Issued | None = None,
        usage: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.CODE_SIGNING,
        at: datetime = NOW,
        lifetime: timedelta = timedelta(minutes=10),
        ca: bool = False,
        names: bool = True,
        logged_by: Log | None = None,
        logged: bool = True,
        extra: x509.ExtensionType | None = None,
    ) -> Issued:
        """Give a key a certificate for some minutes, as Fulcio does."""
        issuer, key = issuer or self.intermediate, key or p256()
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]) if usage != ExtendedKeyUsageOID.TIME_STAMPING else named("tsa"))
            .issuer_name(issuer.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at)
            .not_valid_after(at + lifetime)
        )
        uses = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign"),
            False,
        )
        uses |= {
            "encipher_only": False,
            "decipher_only": False,
            "key_cert_sign": ca,
            "digital_signature": True,
        }
        builder = builder.add_extension(x509.KeyUsage(**uses), critical=True)
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        if names:
            identity = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(IDENTITY)])
            builder = builder.add_extension(identity, critical=True)
        builder = builder.add_extension(
            x509.UnrecognizedExtension(
                x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8"), der(0x0C, ISSUER.encode())
            ),
            critical=False,
        )
        if extra:
            builder = builder.add_extension(extra, critical=True)
        log = logged_by or self.certificate_log
        if log and logged and usage != ExtendedKeyUsageOID.TIME_STAMPING:
            builder = builder.add_extension(self._promised(builder, issuer, log, at), critical=False)
        return Issued(builder.sign(issuer.key, SHA256()), key)

    def _promised(
        self, builder: x509.CertificateBuilder, issuer: Issued, log: Log, at: datetime
    ) -> x509.UnrecognizedExtension:
        """Have the certificate log promise a certificate (RFC 6962, 3.2 and 3.3)."""
        draft = builder.sign(issuer.key, SHA256())
        body = draft.tbs_certificate_bytes
        moment = round(at.timestamp() * 1000).to_bytes(8, "big")
        entry = hashlib.sha256(spki(issuer.key)).digest() + len(body).to_bytes(3, "big") + body
        signature = sign(log.key, b"\0\0" + moment + b"\0\1" + entry + b"\0\0")
        promise = (
            b"\0" + log.log_id + moment + b"\0\0" + b"\4\3" + len(signature).to_bytes(2, "big") + signature
        )
        promises = len(promise).to_bytes(2, "big") + promise
        value = der(0x04, len(promises).to_bytes(2, "big") + promises)
        return x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), value)

    def entry(
        self, kind: str, envelope: Json, signer: Issued, at: datetime = NOW, *, log: Log | None = None
    ) -> Json:
        """Take an envelope into a log, as one of its kinds: `dsse`, `intoto`, or `dsse2` of the newer Rekor."""
        newer = kind == "dsse2"
        log = log or (self.rekor2 if newer else self.rekor)
        body = json.dumps(_BODIES[kind](envelope, signer), separators=(",", ":"), sort_keys=True).encode()
        log.tree.append(body)
        index = len(log.tree) - 1
        log.tree += [b"something later", b"and later"]
        version = "0.0.1" if kind == "dsse" else "0.0.2"
        made: Json = {
            "logIndex": str(index if newer else index + 1000),
            "logId": {"keyId": b64(log.log_id)},
            "kindVersion": {"kind": kind.removesuffix("2"), "version": version},
            "integratedTime": "0" if newer else str(int(at.timestamp())),
            "inclusionProof": log.proof(index),
            "canonicalizedBody": b64(body),
        }
        if not newer:
            made["inclusionPromise"] = {"signedEntryTimestamp": b64(promise(log, made))}
        return made

    def timestamp(self, signature: bytes, at: datetime = NOW, *, by: Issued | None = None) -> bytes:
        """Stamp a signature (RFC 3161)."""
        by = by or self.tsa
        sha256 = der(0x30, oid("2.16.840.1.101.3.4.2.1"))
        imprint = der(0x30, sha256, der(0x04, hashlib.sha256(signature).digest()))
        time = der(0x18, at.strftime("%Y%m%d%H%M%SZ").encode())
        info = der(0x30, integer(1), oid("1.3.6.1.4.1.57264.2"), imprint, integer(7), time)
        kind = oid("1.2.840.113549.1.9.16.1.4")
        attributes = b"".join(
            (
                der(0x30, oid("1.2.840.113549.1.9.3"), der(0x31, kind)),
                der(0x30, oid("1.2.840.113549.1.9.4"), der(0x31, der(0x04, hashlib.sha256(info).digest()))),
            )
        )
        name = der(0x30, by.certificate.issuer.public_bytes(), integer(by.certificate.serial_number))
        signed = sign(by.key, der(0x31, attributes))
        algorithm = der(0x30, oid("1.2.840.10045.4.3.2"))
        info_of_signer = der(
            0x30, integer(1), name, sha256, der(0xA0, attributes), algorithm, der(0x04, signed)
        )
        content = der(0x30, kind, der(0xA0, der(0x04, info)))
        data = der(0x30, integer(3), der(0x31, sha256), content, der(0x31, info_of_signer))
        return der(0x30, der(0x30, integer(0)), der(0x30, oid("1.2.840.113549.1.7.2"), der(0xA0, data)))

    def bundle(
        self,
        statement: Json,
        *,
        version: str = "0.3",
        kind: str = "dsse",
        signer: Issued | None = None,
        at: datetime = NOW,
        stamped: bool = False,
        digest: HashAlgorithm | None = None,
        payload_type: str = IN_TOTO,
    ) -> Json:
        """Sign a statement and make it a bundle of a version, logged in one way, and stamped."""
        signer = signer or self.signer()
        payload = json.dumps(statement).encode()
        signed = b"DSSEv1 %d %b %d %b" % (len(payload_type), payload_type.encode(), len(payload), payload)
        signature = sign(signer.key, signed, digest)
        envelope = {
            "payload": b64(payload),
            "payloadType": payload_type,
            "signatures": [{"sig": b64(signature)}],
        }
        certificate = {"rawBytes": b64(signer.der)}
        held: Json = (
            {"certificate": certificate}
            if version == "0.3"
            else {"x509CertificateChain": {"certificates": [certificate]}}
        )
        material: Json = {**held, "tlogEntries": [self.entry(kind, envelope, signer, at)]}
        if stamped:
            stamp = {"signedTimestamp": b64(self.timestamp(signature, at))}
            material["timestampVerificationData"] = {"rfc3161Timestamps": [stamp]}
        media = (
            "application/vnd.dev.sigstore.bundle.v0.3+json"
            if version == "0.3"
            else f"application/vnd.dev.sigstore.bundle+json;version={version}"
        )
        if version == "0.1":
            del material["tlogEntries"][0]["inclusionProof"]
        return {"mediaType": media, "verificationMaterial": material, "dsseEnvelope": envelope}


def promise(log: Log, entry: Json) -> bytes:
    """Sign that a log took in an entry: a signed entry timestamp."""
    stated = {
        "body": entry["canonicalizedBody"],
        "integratedTime": int(entry["integratedTime"]),
        "logIndex": int(entry["logIndex"]),
        "logID": base64.b64decode(entry["logId"]["keyId"]).hex(),
    }
    return sign(log.key, json.dumps(stated, sort_keys=True, separators=(",", ":")).encode())


def described(*chain: Issued, **valid_for: str) -> Json:
    """Answer an authority as a trusted root has it."""
    return {
        "subject": {"organization": "test", "commonName": "test"},
        "uri": "https://fulcio.test",
        "certChain": {"certificates": [{"rawBytes": b64(issued.der)} for issued in chain]},
        "validFor": {"start": "2020-01-01T00:00:00Z"} | valid_for,
    }


def statement(name: str, version: str, sha512: str, **changed: object) -> Json:
    """Answer the statement that npm makes of a tarball."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": f"pkg:npm/{name.replace('@', '%40')}@{version}", "digest": {"sha512": sha512}}],
        "predicateType": SLSA,
        "predicate": {"buildDefinition": {"buildType": "test"}, "runDetails": {}},
    } | changed


def changed(value: Json, change: Callable[[Json], object]) -> Json:
    """Answer a copy of JSON with a change."""
    copied = copy.deepcopy(value)
    change(copied)
    return copied


def _dsse(envelope: Json, signer: Issued) -> Json:
    payload = base64.b64decode(envelope["payload"])
    return {
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": {
            "envelopeHash": {
                "algorithm": "sha256",
                "value": hashlib.sha256(json.dumps(envelope).encode()).hexdigest(),
            },
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": envelope["signatures"][0]["sig"], "verifier": b64(signer.pem)}],
        },
    }


def _intoto(envelope: Json, signer: Issued) -> Json:
    payload = base64.b64decode(envelope["payload"])
    signature = {"sig": b64(envelope["signatures"][0]["sig"].encode()), "publicKey": b64(signer.pem)}
    return {
        "apiVersion": "0.0.2",
        "kind": "intoto",
        "spec": {
            "content": {
                "envelope": {"payloadType": envelope["payloadType"], "signatures": [signature]},
                "hash": {
                    "algorithm": "sha256",
                    "value": hashlib.sha256(json.dumps(envelope).encode()).hexdigest(),
                },
                "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            }
        },
    }


def _dsse2(envelope: Json, signer: Issued) -> Json:
    payload = base64.b64decode(envelope["payload"])
    verifier = {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": {"rawBytes": b64(signer.der)}}
    return {
        "apiVersion": "0.0.2",
        "kind": "dsse",
        "spec": {
            "dsseV002": {
                "payloadHash": {"algorithm": "SHA2_256", "digest": b64(hashlib.sha256(payload).digest())},
                "signatures": [{"content": envelope["signatures"][0]["sig"], "verifier": verifier}],
            }
        },
    }


_BODIES: Final[dict[str, Callable[[Json, Issued], Json]]] = {
    "dsse": _dsse,
    "intoto": _intoto,
    "dsse2": _dsse2,
}
