"""Attestations: what is accepted and what is refused, held against npm's own judgement of the same bytes."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from ssl import DER_cert_to_PEM_cert
from typing import Any, Final, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.attestations import (
    AttestationCertificateUntrusted,
    AttestationMalformed,
    AttestationNotLogged,
    AttestationRefused,
    AttestationSignatureInvalid,
    AttestationSubjectMismatch,
    AttestationTimeUnproven,
    AttestationUnsupported,
)
from chalicelib.npm.attestations.roots import parse_root
from chalicelib.npm.attestations.trust import default_root
from chalicelib.npm.attestations.verifying import verify
from tests.oracles.driver import ask
from tests.sigstore import (
    IDENTITY,
    ISSUER,
    NOW,
    SLSA,
    Issued,
    Json,
    Log,
    Sigstore,
    authority,
    b64,
    changed,
    described,
    p256,
    promise,
    sign,
    statement,
)

NAME, VERSION = "@acme/widget", "1.0.0"
SHA512 = hashlib.sha512(b"the tarball").hexdigest()
STATEMENT = statement(NAME, VERSION, SHA512)
PROMISE = "inclusionPromise"
PROOF = "inclusionProof"

Made = tuple[Json, Json]


class Case(NamedTuple):
    """A bundle and a root: what we say of it, and whether npm says otherwise, and why."""

    made: Made
    refusal: type[AttestationRefused] | None
    stricter: str = ""


def material(bundle: Json) -> Json:
    """Answer what a bundle is verified by."""
    found: Json = bundle["verificationMaterial"]
    return found


def entry_of(bundle: Json) -> Json:
    """Answer the first entry of a log."""
    found: Json = material(bundle)["tlogEntries"][0]
    return found


def of_no_version(der: bytes) -> bytes:
    """Answer a certificate that says to be of a version that there never was."""
    return der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020107"), 1)


def flipped(text: str) -> str:
    """Answer base64 of the same bytes but for one bit in the middle."""
    data = bytearray(base64.b64decode(text))
    data[len(data) // 2] ^= 1
    return b64(bytes(data))


def with_body(sigstore: Sigstore, bundle: Json, change: Callable[[Json], object]) -> Json:
    """Answer a bundle whose log's entry says something else, promised by the log all the same."""

    def rewrite(bundle: Json) -> None:
        entry = entry_of(bundle)
        body = changed(json.loads(base64.b64decode(entry["canonicalizedBody"])), change)
        data = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
        entry["canonicalizedBody"] = b64(data)
        sigstore.rekor.tree.append(data)
        if PROOF in entry:
            entry[PROOF] = sigstore.rekor.proof(len(sigstore.rekor.tree) - 1)
        entry[PROMISE] = {"signedEntryTimestamp": b64(promise(sigstore.rekor, entry))}

    return changed(bundle, rewrite)


def signed_by(sigstore: Sigstore, signer: Issued, **told: Any) -> Made:
    """Answer a bundle that a certificate signed."""
    return sigstore.bundle(STATEMENT, signer=signer, **told), sigstore.root()


def edited(change: Callable[[Json], object], **told: Any) -> Made:
    """Answer a good bundle with a change."""
    sigstore = Sigstore()
    return changed(sigstore.bundle(STATEMENT, **told), change), sigstore.root()


def stating(**fields: object) -> Made:
    """Answer a good bundle that states something else."""
    sigstore = Sigstore()
    return sigstore.bundle(STATEMENT | fields), sigstore.root()


def rooted(make: Callable[[Sigstore], Json], **told: Any) -> Made:
    """Answer a good bundle and another root."""
    sigstore = Sigstore()
    return sigstore.bundle(STATEMENT, **told), make(sigstore)


def below(*, ca: bool = True, **told: Any) -> Made:
    """Answer a bundle by a certificate below an intermediate that is made in some way."""
    sigstore = Sigstore()
    sigstore.intermediate = authority("intermediate", sigstore.ca, ca=ca, **told)
    return sigstore.bundle(STATEMENT), sigstore.root()


def logged(change: Callable[[Json], object], kind: str = "dsse") -> Made:
    """Answer a bundle whose log's entry says something else."""
    sigstore = Sigstore()
    return with_body(sigstore, sigstore.bundle(STATEMENT, kind=kind), change), sigstore.root()


def promised(change: Callable[[Json], object], log: Log | None = None, **told: Any) -> Made:
    """Answer a bundle whose entry was changed before it was promised, perhaps by another log."""
    sigstore = Sigstore()
    bundle = sigstore.bundle(STATEMENT, **told)
    change(entry_of(bundle))
    entry_of(bundle)[PROMISE] = {
        "signedEntryTimestamp": b64(promise(log or sigstore.rekor, entry_of(bundle)))
    }
    return bundle, sigstore.root()


def without_ct(**told: Any) -> Made:
    """Answer a bundle of an instance without a certificate log."""
    sigstore = Sigstore(certificate_log=None)
    return sigstore.bundle(STATEMENT, **told), sigstore.root()


def stamped_otherwise(**told: Any) -> Made:
    """Answer a bundle of the newer log with a timestamp that is not the one it should have."""
    sigstore = Sigstore()
    bundle = sigstore.bundle(STATEMENT, kind="dsse2", stamped=True)
    signature = base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"])
    by = told.pop("by", None)
    stamp = sigstore.timestamp(told.get("signature", signature), told.get("at", NOW), by=by and by(sigstore))
    material(bundle)["timestampVerificationData"]["rfc3161Timestamps"] = [{"signedTimestamp": b64(stamp)}]
    return bundle, sigstore.root()


def only_stamped() -> Made:
    """Answer a bundle of an instance without a log."""
    sigstore = Sigstore()
    bundle = sigstore.bundle(STATEMENT, stamped=True)
    material(bundle)["tlogEntries"] = []
    return bundle, sigstore.root(tlogs=[])


def foreign() -> Made:
    """Answer a bundle of another instance that is told to be ours."""
    return Sigstore().bundle(STATEMENT), Sigstore().root()


def foreign_authority() -> Made:
    """Answer a bundle by a certificate of another authority with the same names, in our logs."""
    sigstore, other = Sigstore(), Sigstore()
    return signed_by(sigstore, sigstore.signer(issuer=other.intermediate))


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Make an RSA key."""
    return rsa.generate_private_key(65537, bits)


def by_key(key: Any, **told: Any) -> Made:
    """Answer a bundle that is signed by some key."""
    sigstore = Sigstore()
    return signed_by(sigstore, sigstore.signer(key), **told)


def by_signer(**told: Any) -> Made:
    """Answer a bundle by a certificate that was given in some way."""
    sigstore = Sigstore()
    return signed_by(sigstore, sigstore.signer(**told))


def of_versions() -> dict[str, Made]:
    """Answer good bundles of every version and kind of entry."""
    made = {}
    for version in ("0.1", "0.2", "0.3"):
        for kind in ("dsse", "intoto", "dsse2"):
            if (version, kind) != ("0.1", "dsse2"):
                sigstore = Sigstore()
                stamped = kind == "dsse2"
                bundle = sigstore.bundle(STATEMENT, version=version, kind=kind, stamped=stamped)
                made[f"{version}-{kind}"] = bundle, sigstore.root()
    return made


def later(sigstore: Sigstore) -> Json:
    """Answer a root whose authorities came into use after the bundle was signed."""
    return sigstore.root(
        certificateAuthorities=[described(sigstore.intermediate, sigstore.ca, start="2026-04-01T00:00:00Z")]
    )


def set_to(part: Callable[[Json], Json], name: str, value: object) -> Callable[[Json], None]:
    """Answer a change that sets a member of a part."""

    def change(bundle: Json) -> None:
        part(bundle)[name] = value

    return change


def envelope_of(bundle: Json) -> Json:
    """Answer the envelope."""
    found: Json = bundle["dsseEnvelope"]
    return found


def signature_of(bundle: Json) -> Json:
    """Answer the signature of the envelope."""
    found: Json = envelope_of(bundle)["signatures"][0]
    return found


def flip(part: Callable[[Json], Json], name: str) -> Callable[[Json], None]:
    """Answer a change of one bit of a member of a part."""
    return lambda bundle: part(bundle).__setitem__(name, flipped(part(bundle)[name]))


def resigned(bundle: Json) -> None:
    """Sign the envelope by a key that is not the certificate's, and let nobody notice but the signature."""
    payload = base64.b64decode(envelope_of(bundle)["payload"])
    kind = envelope_of(bundle)["payloadType"].encode()
    data = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    signature_of(bundle)["sig"] = b64(sign(p256(), data))


def impostor() -> Made:
    """Answer a bundle that another key signed, and that the log took in as the certificate's."""
    sigstore = Sigstore()
    signer = sigstore.signer()
    return signed_by(sigstore, Issued(signer.certificate, p256()))


EKU: Final = "npm does not read what a certificate may be used for"
CERTIFICATE: Final = "npm does not compare the certificate in the log's entry"
UNREAD: Final = "npm does not know extensions that it does not read to be critical"

AUTHORITIES = "certificateAuthorities"


@cache
def cases() -> dict[str, Case]:
    """Answer every case by what it shows."""
    good: dict[str, Made] = of_versions() | {
        "statement-0.1": stating(_type="https://in-toto.io/Statement/v0.1"),
        "another-predicate": stating(predicateType="https://example.org/review/v1"),
        "logged-and-stamped": rooted(Sigstore.root, stamped=True),
        "p384": by_key(ec.generate_private_key(ec.SECP384R1())),
        "rsa": by_key(rsa_key()),
        "ed25519": by_key(ed25519.Ed25519PrivateKey.generate()),
        "no-certificate-log": without_ct(),
        "no-log-but-a-timestamp": only_stamped(),
        "two-authorities": rooted(
            lambda s: s.root(**{AUTHORITIES: [*Sigstore().root()[AUTHORITIES], *s.root()[AUTHORITIES]]})
        ),
    }
    c = AttestationCertificateUntrusted
    bad: dict[str, tuple[Made, type[AttestationRefused]]] = {
        "wrong-name": (
            stating(subject=statement("@acme/gadget", VERSION, SHA512)["subject"]),
            AttestationSubjectMismatch,
        ),
        "unencoded-scope": (
            stating(subject=[{"name": f"pkg:npm/{NAME}@{VERSION}", "digest": {"sha512": SHA512}}]),
            AttestationSubjectMismatch,
        ),
        "wrong-version": (
            stating(subject=statement(NAME, "1.0.1", SHA512)["subject"]),
            AttestationSubjectMismatch,
        ),
        "wrong-digest": (
            stating(subject=statement(NAME, VERSION, "0" * 128)["subject"]),
            AttestationSubjectMismatch,
        ),
        "no-digest": (
            stating(subject=[{"name": f"pkg:npm/%40acme/widget@{VERSION}", "digest": {"sha256": SHA512}}]),
            AttestationSubjectMismatch,
        ),
        "flipped-signature": (edited(flip(signature_of, "sig")), AttestationNotLogged),
        "another-keys-signature": (edited(resigned), AttestationNotLogged),
        "another-keys-signature-that-is-logged": (impostor(), AttestationSignatureInvalid),
        "another-payload": (
            edited(set_to(envelope_of, "payload", b64(json.dumps(STATEMENT | {"predicate": {}}).encode()))),
            AttestationNotLogged,
        ),
        "foreign-instance": (foreign(), AttestationNotLogged),
        "foreign-authority": (foreign_authority(), c),
        "expired-certificate": (by_signer(at=NOW - timedelta(hours=1)), c),
        "certificate-of-later": (by_signer(at=NOW + timedelta(minutes=1)), c),
        "authority-of-later": (rooted(later), c),
        "intermediate-is-no-authority": (below(ca=False), c),
        "intermediate-had-expired": (below(not_after=NOW - timedelta(days=1)), c),
        "no-root-above-the-intermediate": (
            rooted(lambda s: s.root(**{AUTHORITIES: [described(s.intermediate)]})),
            c,
        ),
        "no-promise-of-the-certificate": (by_signer(logged=False), c),
        "promise-of-another-certificate-log": (by_signer(logged_by=Log("https://ctlog.test")), c),
        "certificate-log-of-later": (
            rooted(
                lambda s: s.root(
                    ctlogs=[s.certificate_log.described(start="2026-04-01T00:00:00Z")]
                    if s.certificate_log
                    else []
                )
            ),
            c,
        ),
        "missing-entry": (edited(set_to(material, "tlogEntries", [])), AttestationNotLogged),
        "missing-promise-of-0.1": (
            edited(lambda b: entry_of(b).pop(PROMISE), version="0.1"),
            AttestationMalformed,
        ),
        "missing-promise": (edited(lambda b: entry_of(b).pop(PROMISE)), AttestationTimeUnproven),
        "missing-proof": (edited(lambda b: entry_of(b).pop(PROOF)), AttestationMalformed),
        "missing-checkpoint": (edited(lambda b: entry_of(b)[PROOF].pop("checkpoint")), AttestationMalformed),
        "forged-promise": (
            edited(flip(lambda b: entry_of(b)[PROMISE], "signedEntryTimestamp")),
            AttestationNotLogged,
        ),
        "promise-by-another-log": (promised(lambda _: None, Log("https://rekor.test")), AttestationNotLogged),
        "promise-for-another-time": (
            edited(set_to(entry_of, "integratedTime", "1772366401")),
            AttestationNotLogged,
        ),
        "promise-for-another-place": (edited(set_to(entry_of, "logIndex", "7")), AttestationNotLogged),
        "promise-when-the-log-was-not-trusted": (
            rooted(lambda s: s.root(tlogs=[s.rekor.described(end="2026-02-01T00:00:00Z")])),
            AttestationNotLogged,
        ),
        "flipped-body": (edited(flip(entry_of, "canonicalizedBody")), AttestationNotLogged),
        "body-of-another-signature": (
            logged(lambda body: body["spec"]["signatures"][0].update(signature=b64(b"another"))),
            AttestationNotLogged,
        ),
        "body-of-another-payload": (
            logged(lambda body: body["spec"]["payloadHash"].update(value="0" * 64)),
            AttestationNotLogged,
        ),
        "body-of-another-kind": (logged(lambda body: body.update(kind="intoto")), AttestationNotLogged),
        "body-of-two-signatures": (
            logged(lambda body: body["spec"]["signatures"].append(body["spec"]["signatures"][0])),
            AttestationNotLogged,
        ),
        "intoto-body-of-another-signature": (
            logged(
                lambda body: body["spec"]["content"]["envelope"]["signatures"][0].update(
                    sig=b64(b64(b"another").encode())
                ),
                kind="intoto",
            ),
            AttestationNotLogged,
        ),
        "flipped-proof": (
            edited(
                lambda b: entry_of(b)[PROOF]["hashes"].__setitem__(
                    0, flipped(entry_of(b)[PROOF]["hashes"][0])
                )
            ),
            AttestationNotLogged,
        ),
        "proof-of-another-place": (
            edited(lambda b: entry_of(b)[PROOF].update(logIndex="5")),
            AttestationNotLogged,
        ),
        "proof-that-is-too-short": (
            edited(lambda b: entry_of(b)[PROOF]["hashes"].pop()),
            AttestationNotLogged,
        ),
        "checkpoint-of-another-size": (
            edited(
                lambda b: entry_of(b)[PROOF]["checkpoint"].update(
                    envelope=entry_of(b)[PROOF]["checkpoint"]["envelope"].replace("\n7\n", "\n8\n")
                )
            ),
            AttestationNotLogged,
        ),
        "checkpoint-without-a-signature": (
            edited(
                lambda b: entry_of(b)[PROOF]["checkpoint"].update(
                    envelope=entry_of(b)[PROOF]["checkpoint"]["envelope"].partition("\u2014")[0]
                )
            ),
            AttestationNotLogged,
        ),
        "newer-log-without-a-timestamp": (rooted(Sigstore.root, kind="dsse2"), AttestationTimeUnproven),
        "timestamp-of-another-signature": (stamped_otherwise(signature=b"another"), AttestationTimeUnproven),
        "timestamp-when-the-certificate-had-expired": (stamped_otherwise(at=NOW + timedelta(hours=1)), c),
        "timestamp-by-another-authority": (
            stamped_otherwise(by=lambda _: Sigstore().tsa),
            AttestationTimeUnproven,
        ),
        "timestamp-in-its-name-by-another-key": (
            stamped_otherwise(by=lambda s: Issued(s.tsa.certificate, p256())),
            AttestationTimeUnproven,
        ),
        "timestamp-authority-of-later": (
            rooted(
                lambda s: s.root(
                    timestampAuthorities=[described(s.tsa, s.tsa_root, start="2026-04-01T00:00:00Z")]
                ),
                kind="dsse2",
                stamped=True,
            ),
            AttestationTimeUnproven,
        ),
        "no-timestamp-authority": (
            rooted(lambda s: s.root(timestampAuthorities=[]), kind="dsse2", stamped=True),
            AttestationTimeUnproven,
        ),
        "one-timestamp-twice": (
            edited(
                lambda b: material(b)["timestampVerificationData"]["rfc3161Timestamps"].append(
                    material(b)["timestampVerificationData"]["rfc3161Timestamps"][0]
                ),
                stamped=True,
            ),
            AttestationTimeUnproven,
        ),
        "two-signatures": (
            edited(lambda b: envelope_of(b)["signatures"].append(signature_of(b))),
            AttestationMalformed,
        ),
        "chain-in-0.3": (
            edited(
                lambda b: material(b).update(
                    x509CertificateChain={"certificates": [material(b).pop("certificate")]}
                )
            ),
            AttestationMalformed,
        ),
        "no-certificate": (edited(lambda b: material(b).pop("certificate")), AttestationMalformed),
        "certificate-of-no-version": (
            edited(
                lambda b: material(b)["certificate"].update(
                    rawBytes=b64(of_no_version(base64.b64decode(material(b)["certificate"]["rawBytes"])))
                )
            ),
            AttestationMalformed,
        ),
        "no-media-type": (edited(lambda b: b.pop("mediaType")), AttestationMalformed),
        "another-media-type": (
            edited(set_to(lambda b: b, "mediaType", "application/json")),
            AttestationUnsupported,
        ),
        "no-envelope": (edited(lambda b: b.pop("dsseEnvelope")), AttestationUnsupported),
        "another-kind-of-entry": (
            promised(lambda entry: entry["kindVersion"].update(kind="rekord")),
            AttestationUnsupported,
        ),
    }
    stricter: dict[str, tuple[Made, type[AttestationRefused], str]] = {
        "certificate-of-an-authority": (by_signer(ca=True), c, EKU),
        "certificate-for-servers": (by_signer(usage=ExtendedKeyUsageOID.SERVER_AUTH), c, EKU),
        "certificate-for-nothing": (by_signer(usage=None), c, EKU),
        "certificate-of-nobody": (by_signer(names=False), c, "npm takes certificates without a name"),
        "intermediate-for-servers": (below(usage=ExtendedKeyUsageOID.SERVER_AUTH), c, EKU),
        "unknown-critical-extension": (
            by_signer(extra=x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")),
            c,
            UNREAD,
        ),
        "names-are-constrained": (
            below(extra=x509.NameConstraints([x509.UniformResourceIdentifier("example.org")], None)),
            c,
            UNREAD,
        ),
        "body-of-another-certificate": (
            logged(lambda body: body["spec"]["signatures"][0].update(verifier=b64(Sigstore().signer().pem))),
            AttestationNotLogged,
            CERTIFICATE,
        ),
        "intoto-body-of-another-certificate": (
            logged(
                lambda body: body["spec"]["content"]["envelope"]["signatures"][0].update(
                    publicKey=b64(Sigstore().signer().pem)
                ),
                kind="intoto",
            ),
            AttestationNotLogged,
            CERTIFICATE,
        ),
        "body-of-a-certificate-of-no-version": (
            logged(
                lambda body: body["spec"]["signatures"][0].update(
                    verifier=b64(DER_cert_to_PEM_cert(of_no_version(Sigstore().signer().der)).encode())
                )
            ),
            AttestationNotLogged,
            CERTIFICATE,
        ),
        "weak-rsa": (by_key(rsa_key(1024)), c, "npm takes keys of any length"),
        "checkpoint-of-very-many-signatures": (
            edited(
                lambda b: entry_of(b)[PROOF]["checkpoint"].update(
                    envelope=entry_of(b)[PROOF]["checkpoint"]["envelope"]
                    + "\u2014 witness.test AAAAAAAA\n" * 32
                )
            ),
            AttestationNotLogged,
            "npm looks at any number",
        ),
        "another-payload-type": (
            rooted(Sigstore.root, payload_type="text/plain"),
            AttestationUnsupported,
            "npm reads statements of any type",
        ),
        "another-statement-type": (stating(_type="https://example.org"), AttestationMalformed, "likewise"),
        "two-subjects": (
            stating(subject=STATEMENT["subject"] * 2),
            AttestationMalformed,
            "npm refuses this only where it publishes",
        ),
        "a-key-id": (
            edited(set_to(signature_of, "keyid", "SHA256:x")),
            AttestationUnsupported,
            "npm would ask the registry for a key of that id whenever the package is audited",
        ),
    }
    return (
        {name: Case(made, None) for name, made in good.items()}
        | {name: Case(made, refusal) for name, (made, refusal) in bad.items()}
        | {name: Case(made, refusal, why) for name, (made, refusal, why) in stricter.items()}
        | {
            "p384-by-sha384": Case(
                by_key(ec.generate_private_key(ec.SECP384R1()), digest=SHA384()),
                None,
                "npm knows SHA-256 only",
            )
        }
    )


def judged(bundle: Json, root: Json) -> Any:
    """Answer our own judgement."""
    data = json.dumps(bundle).encode()
    return verify(data, parse_root(root), name=NAME, version=VERSION, sha512=SHA512)


def test_every_case_is_judged_as_it_should_be() -> None:
    wrong = {}
    for name, (made, refusal, _) in cases().items():
        try:
            judged(*made)
            told: type[AttestationRefused] | None = None
        except AttestationRefused as error:
            told = type(error)
        if told is not refusal:
            wrong[name] = told, refusal

    assert wrong == {}


def test_npm_accepts_and_refuses_the_same_but_where_we_say_why_not() -> None:
    asked = [
        {"bundle": bundle, "root": root, "name": NAME, "version": VERSION, "sha512": SHA512}
        for (bundle, root), _, _ in cases().values()
    ]

    answers = dict(zip(cases(), ask("attestations", asked), strict=True))

    differing = {
        name for name, case in cases().items() if (case.refusal is None) is not ("accepted" in answers[name])
    }
    assert differing == {name for name, case in cases().items() if case.stricter}, answers


def test_what_is_accepted_tells_who_signed_and_when() -> None:
    sigstore = Sigstore()

    accepted = judged(sigstore.bundle(STATEMENT), sigstore.root())

    assert accepted == (SLSA, "2026-03-01T12:00:00.000Z", IDENTITY, ISSUER)


def test_a_refusal_says_what_does_not_match() -> None:
    sigstore = Sigstore()
    bundle = sigstore.bundle(statement(NAME, "2.0.0", SHA512))

    with pytest.raises(
        AttestationSubjectMismatch,
        match=r"`pkg:npm/%40acme/widget@2\.0\.0`.*`pkg:npm/%40acme/widget@1\.0\.0`",
    ):
        judged(bundle, sigstore.root())


def test_the_shipped_root_can_be_read_and_trusts_none_of_ours() -> None:
    root = parse_root(default_root())

    assert (len(root.authorities), len(root.logs), len(root.certificate_logs)) == (2, 2, 2)
    with pytest.raises(AttestationNotLogged, match="prism trust set"):
        verify(
            json.dumps(Sigstore().bundle(STATEMENT)).encode(), root, name=NAME, version=VERSION, sha512=SHA512
        )


REAL = Path(__file__).parent / "sigstore-0.4.0.json"
"""The provenance that the npm package `sigstore` 0.4.0 was published with, without its certificate's chain."""
REAL_SHA512 = base64.b64decode(
    "KCwMX6k20mQyFkNYG2XT3lwK9u1P36wS9YURFd85zCXPrwrSLZCEh7/vMBFNYcJXRiBtGDS+T4/RZZF493zABA=="
).hex()
"""Of the tarball, as npm tells it."""


def test_a_real_packages_provenance_is_accepted_under_the_shipped_root_as_npm_accepts_it() -> None:
    bundle = json.loads(REAL.read_bytes())
    case = {
        "bundle": bundle,
        "root": default_root(),
        "name": "sigstore",
        "version": "0.4.0",
        "sha512": REAL_SHA512,
    }

    accepted = verify(
        REAL.read_bytes(), parse_root(default_root()), name="sigstore", version="0.4.0", sha512=REAL_SHA512
    )

    assert ask("attestations", [case]) == [{"accepted": True}]
    assert accepted == (
        "https://slsa.dev/provenance/v0.2",
        "2023-01-11T17:31:52.000Z",
        "https://github.com/sigstore/sigstore-js/.github/workflows/publish.yml@refs/tags/v0.4.0",
        ISSUER,
    )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(flip(signature_of, "sig"), id="signature"),
        pytest.param(flip(envelope_of, "payload"), id="payload"),
        pytest.param(flip(entry_of, "canonicalizedBody"), id="body"),
        pytest.param(flip(lambda b: entry_of(b)[PROMISE], "signedEntryTimestamp"), id="promise"),
        pytest.param(set_to(entry_of, "integratedTime", "1673458313"), id="time"),
        pytest.param(
            flip(lambda b: material(b)["x509CertificateChain"]["certificates"][0], "rawBytes"),
            id="certificate",
        ),
    ],
)
def test_a_real_packages_provenance_is_refused_once_it_is_changed(change: Callable[[Json], None]) -> None:
    data = json.dumps(changed(json.loads(REAL.read_bytes()), change)).encode()

    with pytest.raises(AttestationRefused):
        verify(data, parse_root(default_root()), name="sigstore", version="0.4.0", sha512=REAL_SHA512)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"null",
        b"[]",
        b'"x"',
        b"\xff",
        b"[" * 100_000,
        b" " * (2 << 20),
        json.dumps(STATEMENT).encode(),
        b'{"mediaType": NaN}',
        b'{"a":' * 5000,
    ],
)
def test_what_is_no_bundle_is_refused_as_such(data: bytes) -> None:
    with pytest.raises(AttestationMalformed):
        verify(data, parse_root(Sigstore().root()), name=NAME, version=VERSION, sha512=SHA512)


FUZZED = Sigstore()
FUZZED_BYTES = json.dumps(FUZZED.bundle(STATEMENT, stamped=True)).encode()
FUZZED_ROOT = parse_root(FUZZED.root())


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(FUZZED_BYTES) - 1), st.integers(0, 255)), min_size=1, max_size=4)
)
def test_damage_of_any_kind_is_refused_and_nothing_else_happens(changes: list[tuple[int, int]]) -> None:
    data = bytearray(FUZZED_BYTES)
    for place, value in changes:
        data[place] = value
    try:
        accepted = verify(bytes(data), FUZZED_ROOT, name=NAME, version=VERSION, sha512=SHA512)
    except AttestationRefused:
        return
    # Members that say nothing may change, but never what is told.
    assert accepted == judged(FUZZED.bundle(STATEMENT), FUZZED.root())


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_timestamp_never_changes_what_is_told(place: int, value: int) -> None:
    bundle = json.loads(FUZZED_BYTES)
    [stamp] = material(bundle)["timestampVerificationData"]["rfc3161Timestamps"]
    data = bytearray(base64.b64decode(stamp["signedTimestamp"]))
    data[place % len(data)] = value
    stamp["signedTimestamp"] = b64(bytes(data))
    try:
        accepted = judged(bundle, FUZZED.root())
    except AttestationRefused:
        return
    # Some parts of a response are not signed, such as version numbers.
    assert accepted == (SLSA, "2026-03-01T12:00:00.000Z", IDENTITY, ISSUER)
