"""Which subpaths of a package can be imported, as far as its entries and files tell.

An entry with a `*` stands for every subpath that its targets have a file for. Subpaths that a `null` target closes
again are not in an exports map and count as open.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator

from chalicelib.domain.metadata import ExportEntry, ExportsMap


class Importable:
    """The subpaths that one version of a package lets be imported."""

    def __init__(self, exports: ExportsMap, files: Collection[str]) -> None:
        self.entries = {entry.name: entry for entry in exports.entries}
        self._files = files
        self._patterns: dict[str, list[ExportEntry]] = defaultdict(list)
        for entry in exports.entries:
            if "*" in entry.name:
                self._patterns[entry.name.partition("*")[0]].append(entry)

    def reaches(self, subpath: str) -> bool:
        """Tell whether a subpath leads to a file."""
        if subpath in self.entries:
            return leads_somewhere(self.entries[subpath])
        starts = (subpath[:length] for length in range(len(subpath)))
        return any(
            self._matches(subpath, entry) for start in starts for entry in self._patterns.get(start, ())
        )

    def subpaths(self, name: str) -> Iterator[str]:
        """Answer the subpaths that an entry stands for."""
        if "*" not in name:
            yield name
            return
        for target in self.entries[name].targets:
            start, star, end = target.path.partition("*")
            for file in self._files if star else ():
                if len(file) > len(start) + len(end) and file.startswith(start) and file.endswith(end):
                    yield name.replace("*", file[len(start) : len(file) - len(end)], 1)

    def _matches(self, subpath: str, entry: ExportEntry) -> bool:
        start, _, end = entry.name.partition("*")
        if len(subpath) <= len(start) + len(end) or not subpath.endswith(end):
            return False
        filling = subpath[len(start) : len(subpath) - len(end)]
        return any(target.path.replace("*", filling) in self._files for target in entry.targets)


def leads_somewhere(entry: ExportEntry) -> bool:
    """Tell whether one of an entry's targets has a file."""
    return any(target.exists for target in entry.targets)
