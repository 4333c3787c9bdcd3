"""Describe: the manifest and the metadata of a version, from its package.json and what the analyzers found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.facts.maturity import maturity_score
from chalicelib.domain.facts.needs import declared_installation
from chalicelib.domain.manifest import Claim, Dist, EntryFields, Manifest, Runtimes, Summary
from chalicelib.domain.metadata import Checksum, Identifier, Metadata, MetadataDist, Release
from chalicelib.domain.package import Package
from chalicelib.domain.times import moment
from chalicelib.services.analysis import Analysis
from chalicelib.services.publishing.opened import Opened
from chalicelib.stores.manifests import StoredManifest

SECONDS_PER_DAY = 86_400
NOWHERE = Runtimes(node=False, deno=False, bun=False, workers=False)


@dataclass(frozen=True, slots=True)
class Analyzed:
    """What the analyzers found under the facts of a claim."""

    claim: Claim
    analysis: Analysis
    previous: Metadata | None


def manifest_of(opened: Opened, analyzed: Analyzed) -> Manifest:
    """Answer the manifest that claims a version."""
    found = analyzed.analysis.values
    exports, types, runtimes = found["exports"], found.get("types"), found.get("runtimes")
    groups = _group_fields(found.get("dependencies"))
    return Manifest(
        **_own_fields(exports.fields),
        name=opened.name,
        version=opened.version,
        integrity=opened.package.digests.integrity,
        dist=_dist(opened.package),
        files=list(opened.package.files),
        types=(types.for_import or types.for_require) if types else None,
        runtimes=runtimes.compatibility if runtimes else NOWHERE,
        dependencies=groups.get("dependencies", {}),
        peer_dependencies=groups.get("peer_dependencies", {}),
        optional_dependencies=groups.get("optional_dependencies", {}),
        engines=_texts_by_name(opened.package.package_json.get("engines")),
        installation=declared_installation(opened.package.package_json),
        tags=found.get("tags", []),
        score=found["provenance"].score if "provenance" in found else 0,
        metadata=_summary(opened.package.package_json, found),
        claim=analyzed.claim,
    )


def metadata_of(opened: Opened, manifest: StoredManifest, analyzed: Analyzed) -> Metadata:
    """Answer the metadata of a version under the manifest that claims it."""
    found = analyzed.analysis.values
    package_json = opened.package.package_json
    sizes, exports = found.get("sizes"), found["exports"]
    provenance = found.get("provenance")
    return Metadata(
        **_summary_fields(package_json, found),
        identifier=Identifier(name=opened.name, version=opened.version),
        author=package_json.get("author"),
        bugs=_bugs(package_json.get("bugs")),
        checksum=Checksum(value=opened.package.digests.sha256),
        dist=_metadata_dist(opened),
        publisher=analyzed.claim.publisher,
        source=analyzed.claim.source,
        release=_release(opened.version, analyzed),
        tags=found.get("tags", []),
        files=found.get("files"),
        distribution=sizes.distribution if sizes else None,
        size_by_directory=sizes.by_directory if sizes else [],
        **_group_fields(found.get("dependencies")),
        dependency_specs=found["dependencies"].dependency_specs if "dependencies" in found else [],
        engines=found["dependencies"].engines if "dependencies" in found else {},
        exports_map=exports.map,
        runtime=found.get("runtimes"),
        licence=found.get("licence"),
        signals=found.get("signals", []),
        provenance=provenance.model_copy(update={"manifest": manifest.digests}) if provenance else None,
        diff=found.get("diff"),
        analysis=analyzed.analysis.records,
    )


def _own_fields(fields: EntryFields) -> dict[str, Any]:
    return {name: getattr(fields, name) for name in EntryFields.model_fields}


def _group_fields(dependencies: Any) -> dict[str, dict[str, str]]:
    if dependencies is None:
        return {}
    return {
        "dependencies": dependencies.dependencies,
        "dev_dependencies": dependencies.dev_dependencies,
        "peer_dependencies": dependencies.peer_dependencies,
        "optional_dependencies": dependencies.optional_dependencies,
    }


def _summary(package_json: Mapping[str, Any], found: Mapping[str, Any]) -> Summary:
    fields = _summary_fields(package_json, found)
    return Summary(**fields | {"repository": _repository_url(fields["repository"])})


def _summary_fields(package_json: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    licence = found.get("licence")
    return {
        "description": _text(package_json.get("description")),
        "keywords": _keywords(package_json.get("keywords")),
        "license": licence.declared if licence else _text(package_json.get("license")),
        "repository": package_json.get("repository"),
        "homepage": _text(package_json.get("homepage")),
    }


def _dist(package: Package) -> Dist:
    digests = package.digests
    return Dist(
        integrity=digests.integrity,
        shasum=digests.sha1,
        sha256=digests.sha256,
        sha512=digests.sha512,
        size=digests.size,
        unpacked_size=package.unpacked_size,
        file_count=len(package.files),
    )


def _metadata_dist(opened: Opened) -> MetadataDist:
    return MetadataDist(
        tarball=f"/v1/packages/{opened.name}/{opened.version}.tgz",
        integrity=opened.package.digests.integrity,
        shasum=opened.package.digests.sha1,
        file_name=opened.name.tarball(opened.version),
    )


def _release(version: str, analyzed: Analyzed) -> Release:
    return Release(
        published_at=analyzed.claim.published_at,
        maturity_score=maturity_score(version),
        previous_version=analyzed.claim.previous_version,
        release_frequency_days=_days_between(analyzed.previous.release.published_at, analyzed.claim)
        if analyzed.previous
        else None,
    )


def _days_between(before: str, claim: Claim) -> float:
    days = (moment(claim.published_at) - moment(before)).total_seconds() / SECONDS_PER_DAY
    return round(max(days, 0.0), 3)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _keywords(value: Any) -> list[str]:
    words = value.replace(",", " ").split() if isinstance(value, str) else value
    return [word for word in words if isinstance(word, str)] if isinstance(words, list) else []


def _repository_url(value: Any) -> str | None:
    return _text(value.get("url")) if isinstance(value, Mapping) else _text(value)


def _bugs(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


def _texts_by_name(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {name: text for name, text in value.items() if isinstance(text, str)}
