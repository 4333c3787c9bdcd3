"""What versions are compared by, taken from stored metadata or from an analysis still under way."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.facts.needs import GROUPS
from chalicelib.domain.metadata import (
    Dependencies,
    DependencyGroup,
    ExportsMap,
    FileTree,
    Metadata,
    RuntimeAnalysis,
    TreeNode,
)


@dataclass(frozen=True, slots=True)
class Comparable:
    """One side of a comparison; what was not analyzed is None."""

    files: Mapping[str, TreeNode] | None
    exports: ExportsMap | None
    runtime: RuntimeAnalysis | None
    groups: Mapping[DependencyGroup, Mapping[str, str]]
    optional_peers: frozenset[str]
    engines: Mapping[str, str]


def comparable(metadata: Metadata) -> Comparable:
    """Answer what a stored version is compared by."""
    return compared_by(metadata.files, metadata.exports_map, metadata.runtime, metadata)


def compared_by(
    files: FileTree | None,
    exports: ExportsMap | None,
    runtime: RuntimeAnalysis | None,
    needs: Dependencies | Metadata,
) -> Comparable:
    """Answer what a version with these results is compared by."""
    groups = (
        needs.dependencies,
        needs.dev_dependencies,
        needs.peer_dependencies,
        needs.optional_dependencies,
    )
    return Comparable(
        files=None if files is None else {file.path: file for file in files.walk_files()},
        exports=exports,
        runtime=runtime,
        groups=dict(zip(GROUPS, groups, strict=True)),
        optional_peers=frozenset(
            spec.name for spec in needs.dependency_specs if spec.group == "peerDependencies" and spec.optional
        ),
        engines=needs.engines,
    )
