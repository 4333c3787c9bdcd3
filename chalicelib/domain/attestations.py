"""Attestations: what may be wrong with one, and what is kept of one that was accepted.

AttestationRefused              it cannot be verified, and so its version is not published
├── AttestationMalformed        it is no bundle, or not a whole one
├── AttestationUnsupported      it is one, of a kind that is not verified here
├── AttestationSubjectMismatch  it is about something else
├── AttestationSignatureInvalid
├── AttestationCertificateUntrusted
├── AttestationTimeUnproven     nothing trusted tells when it was signed
└── AttestationNotLogged        a transparency log does not vouch for it
"""

from typing import Any, Literal, NamedTuple

from pydantic import Field

from chalicelib.domain.document import Document
from chalicelib.domain.errors import Conflict, InvalidPayload, InvalidTarball, NotFound

NEW_KEYS = "if it is signed by newer keys of your Sigstore, an admin loads them by `prism trust set FILE`"


class AttestationRefused(InvalidTarball):
    """The bundle that came with a version cannot be verified; nothing was kept."""

    code = "attestation_refused"
    title = "The attestation cannot be verified"


class AttestationMalformed(AttestationRefused):
    """The attachment is not a whole Sigstore bundle with an in-toto statement."""

    code = "attestation_malformed"
    title = "The attestation is not a valid bundle"


class AttestationUnsupported(AttestationRefused):
    """The bundle is of a kind that is not verified here."""

    code = "attestation_unsupported"
    title = "The attestation is of an unsupported kind"


class AttestationSubjectMismatch(AttestationRefused):
    """The statement is about another package, version or tarball."""

    code = "attestation_subject_mismatch"
    title = "The attestation is about something else"

    def __init__(self, what: str, stated: str, wanted: str) -> None:
        super().__init__(
            f"the statement's {what} is `{stated[:200]}`, and what is published has `{wanted}`; attest the very "
            "tarball that is published",
            stated=stated[:200],
            wanted=wanted,
        )


class AttestationSignatureInvalid(AttestationRefused):
    """The signature of the envelope was not made by the certificate's key."""

    code = "attestation_signature_invalid"
    title = "The attestation's signature is not valid"


class AttestationCertificateUntrusted(AttestationRefused):
    """The signing certificate does not lead to a trusted authority, or was not valid when it signed."""

    code = "attestation_certificate_untrusted"
    title = "The attestation's certificate is not trusted"


class AttestationTimeUnproven(AttestationRefused):
    """Neither a log nor a timestamp authority that is trusted tells when the attestation was signed."""

    code = "attestation_time_unproven"
    title = "The attestation's time is not proven"


class AttestationNotLogged(AttestationRefused):
    """A transparency log's entry is missing, is not vouched for by a trusted log, or is about something else."""

    code = "attestation_not_logged"
    title = "The attestation is in no trusted log"


class AttestationExists(Conflict):
    """The version has another attestation already."""

    code = "attestation_exists"
    title = "The version has another attestation"

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            f"`{name}@{version}` has another attestation already; publish a new version number",
            name=name,
            version=version,
        )


class AttestationNotFound(NotFound):
    """The version came without an attestation, or there is no such version."""

    code = "attestation_not_found"
    title = "No attestation"

    def __init__(self, name: str, version: str) -> None:
        super().__init__(f"`{name}@{version}` has no attestation", name=name, version=version)


class InvalidTrustedRoot(InvalidPayload):
    """The document is not a trusted root in Sigstore's format."""

    code = "invalid_trusted_root"
    title = "The trusted root is not valid"


class Accepted(NamedTuple):
    """What was verified of a bundle: what it states, when it was signed, by whom, and who says so.

    `identity` is the name in the certificate, such as a workflow's address, and `issuer` who identified it.
    """

    predicate_type: str
    signed_at: str
    identity: str
    issuer: str | None = None


class Attestation(Document):
    """A bundle that was accepted, as it came, and what it states."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    predicate_type: str
    bundle: dict[str, Any]


class TrustSetting(Document):
    """Whom attestations are to be signed by: a trusted root in Sigstore's format, or none for the default."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    root: dict[str, Any] | None = None
    changed_at: str
    changed_by: str
