"""Entries of the index: what listing and search say of a package, derived from its head and its latest manifest."""

from chalicelib.domain.head import Head
from chalicelib.domain.index import IndexEntry
from chalicelib.domain.names import PackageName
from chalicelib.domain.picking import current
from chalicelib.domain.rebuilding import Outcome, RebuildFinding
from chalicelib.services.deriving import entry_of
from chalicelib.services.rebuilding.earlier import Earlier
from chalicelib.services.rebuilding.inputs import read_manifest
from chalicelib.services.rebuilding.values import Bench, Lost
from chalicelib.services.rebuilding.versions import examine_version
from chalicelib.stores.index_parts import IndexParts


def examine_entry(bench: Bench, parts: IndexParts, head: Head, earlier: Earlier) -> RebuildFinding:
    """Compare what the index says of a package, and write it if it is not what follows from the head."""
    found = parts.entry(head.name)
    if found is not None and found.seq > head.seq:
        # Somebody has changed the package since its head was read.
        head = bench.workshop.heads.get(head.name) or head
    try:
        wanted = _derive(bench, head)
        outcome, detail = _judge(found, wanted)
        if outcome != "equal":
            _check_manifest(bench, wanted, earlier)
    except Lost as lost:
        outcome, detail = "lost", f"it cannot be derived: `{lost.finding.key}`: {lost.finding.detail}"
    else:
        if outcome != "equal" and not bench.check:
            bench.workshop.index.replace(wanted)
    key = bench.keys.index_entry(head.name, head.seq)
    return RebuildFinding(kind="entry", key=key, outcome=outcome, detail=detail)


def _derive(bench: Bench, head: Head) -> IndexEntry:
    latest = current(head.view.versions, head.view.tags)
    return entry_of(head, latest, read_manifest(bench, PackageName(head.name), latest) if latest else None)


def _judge(found: IndexEntry | None, wanted: IndexEntry) -> tuple[Outcome, str | None]:
    if found is None:
        return "missing", None
    if found.seq < wanted.seq:
        return "missing", f"the index knows event {found.seq}, and the last one is {wanted.seq}"
    if found.to_bytes() != wanted.to_bytes():
        return "corrupt", "it says something else than the head and the manifest"
    return "equal", None


def _check_manifest(bench: Bench, wanted: IndexEntry, earlier: Earlier) -> None:
    """Raise Lost if the manifest that an entry would be derived from is not what was claimed."""
    if wanted.latest is None or earlier.is_certain(wanted.latest):
        return
    checking = Bench(bench.workshop, bench.keys, bench.artifact_keys, check=True)
    for finding in examine_version(checking, PackageName(wanted.name), wanted.latest, earlier):
        if finding.outcome == "lost" and finding.kind in {"manifest", "tarball"}:
            raise Lost(finding.kind, finding.key, finding.detail or "")
