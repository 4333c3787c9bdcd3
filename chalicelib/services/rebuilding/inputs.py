"""Inputs: the manifest and the tarball of a version, read from the medium and held against each other."""

from typing import BinaryIO, NamedTuple

from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.errors import InvalidTarball
from chalicelib.domain.names import PackageName
from chalicelib.domain.rebuilding import RebuildFinding
from chalicelib.services.publishing.opened import Opened
from chalicelib.services.publishing.read import open_tarball
from chalicelib.services.rebuilding.values import Bench, Lost
from chalicelib.storage.port import ObjectNotFound
from chalicelib.stores.manifests import StoredManifest


class Inputs(NamedTuple):
    """The claim on a version, and what its tarball holds."""

    manifest: StoredManifest
    opened: Opened


def read_inputs(bench: Bench, name: PackageName, version: str, pack: BinaryIO) -> Inputs:
    """Read what everything else of a version follows from, making its pack in an empty file; raises Lost."""
    manifest = read_manifest(bench, name, version)
    key = bench.artifact_keys.tarball(name, version)
    try:
        chunks = bench.workshop.artifacts.open_tarball(name, version)
        opened = open_tarball(chunks, pack, bench.workshop.limits)
    except ObjectNotFound:
        raise Lost("tarball", key, "it is gone") from None
    except InvalidTarball as error:
        raise Lost("tarball", key, f"it cannot be read: {error.detail}") from error
    if opened.digests.integrity != manifest.manifest.integrity:
        raise Lost("tarball", key, "its bytes do not have the digest that the manifest claims")
    if (opened.name, opened.version) != (name, version):
        raise Lost("tarball", key, f"it is of `{opened.name}@{opened.version}`")
    return Inputs(manifest, opened)


def sound_tarball(bench: Bench, inputs: Inputs) -> RebuildFinding:
    """Answer that a tarball is what was claimed."""
    key = bench.artifact_keys.tarball(inputs.opened.name, inputs.opened.version)
    return RebuildFinding(kind="tarball", key=key, outcome="equal")


def read_manifest(bench: Bench, name: PackageName, version: str) -> StoredManifest:
    """Answer the manifest of a version as the medium has it; raises Lost."""
    key = bench.keys.manifest(name, version)
    data = bench.workshop.manifests.stored(name, version)
    if data is None:
        raise Lost("manifest", key, "it is gone")
    try:
        return StoredManifest.parse(data)
    except UnreadableDocument as error:
        raise Lost("manifest", key, str(error)) from error
