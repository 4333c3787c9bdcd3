"""In-toto statements: what is stated, and about which tarball (https://github.com/in-toto/attestation)."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError

from chalicelib.domain.attestations import AttestationMalformed, AttestationSubjectMismatch
from chalicelib.npm.attestations.bundles import Part

PredicateType = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[!-~]+$")]


class Subject(Part):
    """What a statement is about: a package URL, and digests in hex by algorithm."""

    name: str
    digest: dict[str, str]


class Statement(Part):
    """A statement about one subject."""

    type_: Literal["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"] = Field(
        alias="_type"
    )
    subject: list[Subject] = Field(min_length=1, max_length=1)
    predicate_type: PredicateType
    predicate: dict[str, Any] | None = None

    @classmethod
    def parse(cls, payload: bytes) -> "Statement":
        """Read the payload of an envelope; raises AttestationMalformed."""
        try:
            return cls.model_validate_json(payload)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])[:200]
            raise AttestationMalformed(f"the statement at `{where}`: {first['msg']}") from None

    def check_version(self, name: str, version: str) -> None:
        """Hold the statement to be about a version; raises AttestationSubjectMismatch."""
        [subject] = self.subject
        wanted = package_url(name, version)
        if subject.name != wanted:
            raise AttestationSubjectMismatch("subject", subject.name, wanted)

    def check_subject(self, name: str, version: str, sha512: str) -> None:
        """Hold the statement to be about a version and its tarball; raises AttestationSubjectMismatch."""
        self.check_version(name, version)
        [subject] = self.subject
        stated = subject.digest.get("sha512", "")
        if stated != sha512:
            raise AttestationSubjectMismatch("sha512", stated, sha512)


def package_url(name: str, version: str) -> str:
    """Answer a version's package URL as npm writes it: `pkg:npm/%40acme/widget@1.0.0`."""
    return f"pkg:npm/{name.replace('@', '%40', 1)}@{version}"
