"""Stored metadata of a version, built from a picture of its files by the analyzers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.analyzers import dependencies, exports, files, runtimes, sizes, types
from chalicelib.analyzers.base import Analyzer
from chalicelib.domain.metadata import Checksum, Identifier, Metadata, MetadataDist, Release
from tests.analyzers.pictures import CLAIM, Picture, subject

NEEDED: tuple[Analyzer, ...] = (files, sizes, dependencies, exports, types, runtimes)


def results_of(picture: Picture, version: str = "1.0.0") -> Mapping[str, Any]:
    """Answer what the analyzers that a diff rests on return for a picture, by their names."""
    shown = subject(picture, version=version)
    results: dict[str, Any] = {}
    for analyzer in NEEDED:
        results[analyzer.name] = analyzer.analyze(replace(shown, results=results)).value
    return results


def described(picture: Picture, version: str = "1.0.0") -> Metadata:
    """Answer the metadata of a version that holds these files."""
    results = results_of(picture, version)
    needs = results["dependencies"]
    return Metadata(
        identifier=Identifier(name="demo", version=version),
        checksum=Checksum(value="00" * 32),
        dist=MetadataDist(
            tarball="demo.tgz", integrity="sha512-AA==", shasum="00" * 20, file_name="demo.tgz"
        ),
        publisher=CLAIM.publisher,
        source=CLAIM.source,
        release=Release(published_at=CLAIM.published_at, maturity_score=45),
        files=results["files"],
        distribution=results["sizes"].distribution,
        size_by_directory=results["sizes"].by_directory,
        **{field: getattr(needs, field) for field in type(needs).model_fields},
        exports_map=results["exports"].map,
        runtime=results["runtimes"],
        analysis=[],
    )
