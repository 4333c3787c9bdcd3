"""Advisories as npm's clients read them: one entry for each advisory and package."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypedDict

from chalicelib.domain.advisories.cvss import base_score
from chalicelib.domain.advisories.records import Advisory
from chalicelib.domain.names import PackageName

LEVELS: Final = ("info", "low", "moderate", "high", "critical")
"""npm's severities, ascending."""

UNKNOWN: Final = "high"
"""What npm's own client takes an advisory for that states no severity."""

GHSA_PAGE: Final = "https://github.com/advisories/"
MALWARE: Final = "MAL-"
"""How the ids of malicious packages begin, which state no severity."""

_FROM_SCORE: Final = ((9.0, "critical"), (7.0, "high"), (4.0, "moderate"), (0.1, "low"))
_VECTORS: Final = ("CVSS_V3", "CVSS_V4", "CVSS_V2")
"""The first of these that a record has is told."""


class Cvss(TypedDict):
    """A CVSS vector and its base score, 0 where none is known."""

    score: float
    vectorString: str | None


class NpmAdvisory(TypedDict):
    """One advisory for one package; `id` is a number of 48 bits, the same for ever."""

    id: int
    url: str
    title: str
    severity: str
    vulnerable_versions: str
    cwe: list[str]
    cvss: Cvss


Asked = Mapping[str, Sequence[str]]
"""Names as a client writes them, each with the versions it has."""


def bulk_answer(asked: Asked, advisories: Mapping[str, Iterable[Advisory]]) -> dict[str, list[NpmAdvisory]]:
    """Answer of each name the advisories that affect a version it was asked with; `advisories` has the same names."""
    found = {
        name: [
            entry
            for record in advisories[name]
            if (entry := npm_advisory(record, PackageName.parse(name), versions)) is not None
        ]
        for name, versions in asked.items()
        if name in advisories
    }
    return {name: entries for name, entries in found.items() if entries}


def npm_advisory(record: Advisory, name: PackageName, versions: Iterable[str]) -> NpmAdvisory | None:
    """Answer an advisory if it affects one of some versions of a package, or None."""
    spans = record.spans(name)
    if not any(map(spans.contain, versions)):
        return None
    cvss = cvss_of(record)
    return NpmAdvisory(
        id=npm_id(record.id, name),
        url=url_of(record),
        title=title_of(record),
        severity=severity_of(record, cvss),
        vulnerable_versions=spans.npm_range(),
        cwe=cwe_of(record),
        cvss=cvss,
    )


def npm_id(advisory_id: str, name: PackageName) -> int:
    """Answer the number of an advisory for a package: clients want a number, and hold equal ones for one advisory."""
    return int.from_bytes(hashlib.sha256(f"{advisory_id}\n{name}".encode()).digest()[:6], "big")


def url_of(record: Advisory) -> str:
    """Answer where an advisory is to be read, empty if the record does not say."""
    if record.ghsa:
        return f"{GHSA_PAGE}{record.ghsa}"
    references = [reference for reference in record.references or [] if _is_address(reference.url)]
    first = next((reference for reference in references if reference.type == "ADVISORY"), None)
    return first.url if first else next((reference.url for reference in references), "")


def title_of(record: Advisory) -> str:
    """Answer an advisory's summary; with the id, unless the address of a GHSA has it."""
    if not record.summary:
        return record.id
    return record.summary if record.ghsa else f"{record.summary} ({record.id})"


def severity_of(record: Advisory, cvss: Cvss) -> str:
    """Answer npm's word for how severe an advisory is: what its database says, or else what its score means."""
    stated = str((record.database_specific or {}).get("severity") or "").lower()
    if stated == "medium":
        return "moderate"
    if stated in LEVELS:
        return stated
    if record.id.startswith(MALWARE):
        return "critical"
    if base_score(cvss["vectorString"] or "") is None:
        return UNKNOWN
    return next((level for least, level in _FROM_SCORE if cvss["score"] >= least), "info")


def cvss_of(record: Advisory) -> Cvss:
    """Answer the CVSS vector of an advisory, and its score if the vector is of version 3."""
    vectors = {severity.type: severity.score for severity in record.severity or []}
    vector = next((vectors[kind] for kind in _VECTORS if kind in vectors), None)
    return Cvss(score=base_score(vector or "") or 0, vectorString=vector)


def cwe_of(record: Advisory) -> list[str]:
    """Answer the ids of the weaknesses that an advisory names."""
    named: Any = (record.database_specific or {}).get("cwe_ids") or []
    return [text for text in named if isinstance(text, str)] if isinstance(named, list) else []


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://"))
