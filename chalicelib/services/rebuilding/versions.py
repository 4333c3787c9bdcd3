"""Versions: everything that a version's manifest and tarball let be made again."""

from contextlib import closing

from chalicelib.domain.names import PackageName
from chalicelib.domain.rebuilding import RebuildFinding
from chalicelib.npm.versions import VersionText
from chalicelib.services.publishing.opened import new_pack
from chalicelib.services.rebuilding.documents import Documents
from chalicelib.services.rebuilding.earlier import Earlier
from chalicelib.services.rebuilding.files import examine_files
from chalicelib.services.rebuilding.inputs import read_inputs, sound_tarball
from chalicelib.services.rebuilding.packs import examine_pack
from chalicelib.services.rebuilding.texts import examine_text, make_text
from chalicelib.services.rebuilding.values import Bench, Lost


def examine_version(bench: Bench, name: PackageName, version: str, earlier: Earlier) -> list[RebuildFinding]:
    """Compare what is stored of a version with what is made of it now, in constant memory."""
    with closing(new_pack()) as made, closing(new_pack()) as room:
        try:
            inputs = read_inputs(bench, name, version, made)
        except Lost as lost:
            return [lost.finding]
        pack, opened = examine_pack(bench, inputs.opened, room)
        found = [sound_tarball(bench, inputs), pack, *Documents(bench, inputs, opened, earlier).examine()]
        if _lost(found) is None:
            found.append(examine_text(bench, inputs, opened, earlier))
        return [*found, *examine_files(bench, opened)]


def remade_text(bench: Bench, name: PackageName, version: str, earlier: Earlier) -> VersionText:
    """Answer the text that a version should have, whatever is stored; raises Lost where that cannot be told."""
    checking = Bench(bench.workshop, bench.keys, bench.artifact_keys, check=True)
    with closing(new_pack()) as made, closing(new_pack()) as room:
        inputs = read_inputs(checking, name, version, made)
        _, opened = examine_pack(checking, inputs.opened, room)
        lost = _lost(Documents(checking, inputs, opened, earlier).examine())
        if lost is not None:
            raise Lost(lost.kind, lost.key, lost.detail or "")
        return make_text(bench, inputs, opened)


def _lost(found: list[RebuildFinding]) -> RebuildFinding | None:
    """Answer that a manifest is not the one that was claimed, if that was found."""
    return next((one for one in found if one.kind == "manifest" and one.outcome == "lost"), None)
