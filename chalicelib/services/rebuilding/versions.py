"""Versions: everything that a version's manifest and tarball let be made again."""

from contextlib import closing

from chalicelib.domain.names import PackageName
from chalicelib.domain.rebuilding import RebuildFinding
from chalicelib.services.publishing.opened import new_pack
from chalicelib.services.rebuilding.documents import Documents
from chalicelib.services.rebuilding.earlier import Earlier
from chalicelib.services.rebuilding.files import examine_files
from chalicelib.services.rebuilding.inputs import read_inputs, sound_tarball
from chalicelib.services.rebuilding.packs import examine_pack
from chalicelib.services.rebuilding.values import Bench, Lost


def examine_version(bench: Bench, name: PackageName, version: str, earlier: Earlier) -> list[RebuildFinding]:
    """Compare what is stored of a version with what is made of it now, in constant memory."""
    with closing(new_pack()) as made, closing(new_pack()) as room:
        try:
            inputs = read_inputs(bench, name, version, made)
        except Lost as lost:
            return [lost.finding]
        pack, opened = examine_pack(bench, inputs.opened, room)
        documents = Documents(bench, inputs, opened, earlier).examine()
        return [sound_tarball(bench, inputs), pack, *documents, *examine_files(bench, opened)]
