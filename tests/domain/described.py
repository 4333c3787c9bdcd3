"""Stored metadata of a version, built from a picture of its files and from what it exports."""

from collections.abc import Mapping
from typing import Any

from chalicelib.analyzers import dependencies, files, sizes
from chalicelib.domain.manifest import Runtimes
from chalicelib.domain.metadata import (
    Checksum,
    ExportEntry,
    ExportsMap,
    ExportTarget,
    FileFormat,
    Identifier,
    Metadata,
    MetadataDist,
    Release,
    RuntimeAnalysis,
)
from tests.analyzers.pictures import CLAIM, Picture, subject


def exports_map(entries: Mapping[str, Mapping[str, FileFormat]], **fields: Any) -> ExportsMap:
    """Answer the exports map with these entries: for each condition, the format of the file it leads to."""
    listed = [
        ExportEntry(
            name=name,
            type="value",
            targets=[
                ExportTarget(
                    condition=condition, path=f"./{condition}.js", format=form, exists=True, types=False
                )
                for condition, form in targets.items()
            ],
        )
        for name, targets in entries.items()
    ]
    known = {"has_export_map": True, "inferred_format": "hybrid", "types": "none"}
    return ExportsMap.model_validate({"entries": listed, **known, **fields})


def runtime_analysis(**fields: Any) -> RuntimeAnalysis:
    """Answer the analysis of a package that runs everywhere, except for what is said otherwise."""
    compatibility = {runtime: fields.pop(runtime, True) for runtime in ("node", "deno", "bun", "workers")}
    known = {"module_format": "esm", "types": "none", "evidence": [], "notes": []}
    return RuntimeAnalysis.model_validate({"compatibility": Runtimes(**compatibility), **known, **fields})


def described(
    picture: Picture,
    version: str = "1.0.0",
    *,
    exports: ExportsMap | None = None,
    runtime: RuntimeAnalysis | None = None,
) -> Metadata:
    """Answer the metadata of a version that holds these files; dependencies are those of its package.json."""
    shown = subject(picture, version=version)
    weighed = sizes.analyze(shown).value
    needs = dependencies.analyze(shown).value
    return Metadata(
        identifier=Identifier(name="demo", version=version),
        checksum=Checksum(value="00" * 32),
        dist=MetadataDist(
            tarball="demo.tgz", integrity="sha512-AA==", shasum="00" * 20, file_name="demo.tgz"
        ),
        publisher=CLAIM.publisher,
        source=CLAIM.source,
        release=Release(published_at=CLAIM.published_at, maturity_score=45),
        files=files.analyze(shown).value,
        distribution=weighed.distribution,
        size_by_directory=weighed.by_directory,
        **{field: getattr(needs, field) for field in type(needs).model_fields},
        exports_map=exports,
        runtime=runtime,
        analysis=[],
    )
