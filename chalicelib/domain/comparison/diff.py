"""What changed from one version of a package to another.

Files are compared by content digest, so that an edit which keeps the size is seen. What one of the two
versions was not analyzed for is not compared.
"""

from chalicelib.domain.comparison.breaking import breaking_reasons
from chalicelib.domain.comparison.comparable import Comparable, comparable
from chalicelib.domain.metadata import (
    DependencyChange,
    DirectorySizes,
    ExportsChange,
    FileChange,
    Metadata,
    VersionDiff,
)


def diff_versions(before: Metadata, after: Metadata) -> VersionDiff:
    """Answer what changed from `before` to `after`; `breaking` judges the content, not the numbers."""
    old, new = comparable(before), comparable(after)
    reasons = breaking_reasons(old, new)
    return VersionDiff(
        from_=before.identifier,
        to=after.identifier,
        files=file_changes(old, new),
        exports=export_changes(old, new),
        dependencies=dependency_changes(old, new),
        size_by_directory=DirectorySizes(before=before.size_by_directory, after=after.size_by_directory),
        breaking=bool(reasons),
        reasons=reasons,
    )


def file_changes(before: Comparable, after: Comparable) -> list[FileChange]:
    """Answer the files that differ, ascending by path."""
    if before.files is None or after.files is None:
        return []
    changes = []
    for path in sorted(before.files.keys() | after.files.keys()):
        old, new = before.files.get(path), after.files.get(path)
        if new is None:
            changes.append(FileChange(path=path, change="removed", before=old.size if old else None))
        elif old is None:
            changes.append(FileChange(path=path, change="added", after=new.size))
        elif old.integrity != new.integrity:
            changes.append(FileChange(path=path, change="modified", before=old.size, after=new.size))
    return changes


def export_changes(before: Comparable, after: Comparable) -> ExportsChange:
    """Answer the names of the entries that came and went, ascending."""
    if before.exports is None or after.exports is None:
        return ExportsChange(added=[], removed=[])
    old = {entry.name for entry in before.exports.entries}
    new = {entry.name for entry in after.exports.entries}
    return ExportsChange(added=sorted(new - old), removed=sorted(old - new))


def dependency_changes(before: Comparable, after: Comparable) -> list[DependencyChange]:
    """Answer the dependencies that differ, by group and then ascending by name."""
    changes = []
    for group, old in before.groups.items():
        new = after.groups[group]
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                shown = None if group == "dependencies" else group
                changes.append(
                    DependencyChange(name=name, group=shown, before=old.get(name), after=new.get(name))
                )
    return changes
