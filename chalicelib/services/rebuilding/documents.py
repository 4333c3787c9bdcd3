"""Manifest and metadata: described again from the tarball, the facts of the claim and the version before.

The manifest is the claim and is never written. Metadata names the digests of its manifest, so the two vouch for each
other; metadata that would show a manifest to be changed is not written over.
"""

from chalicelib.domain.errors import InvalidTarball
from chalicelib.domain.manifest import Claim
from chalicelib.domain.metadata import Metadata
from chalicelib.domain.rebuilding import Outcome, RebuildFinding
from chalicelib.services.publishing.analyze import describe
from chalicelib.services.publishing.opened import Opened
from chalicelib.services.publishing.values import Described
from chalicelib.services.rebuilding.earlier import Earlier, by_present_analyzers, parse
from chalicelib.services.rebuilding.inputs import Inputs
from chalicelib.services.rebuilding.values import Bench
from chalicelib.stores.manifests import StoredManifest

REASON_CHARACTERS = 500


class Documents:
    """The manifest and the metadata of one version; `opened` is what it is described by."""

    def __init__(self, bench: Bench, inputs: Inputs, opened: Opened, earlier: Earlier) -> None:
        self._bench = bench
        self._manifest = inputs.manifest
        self._opened = opened
        self._earlier = earlier
        self._data = bench.workshop.metadata.stored(opened.name, opened.version)
        self._metadata = parse(self._data)
        self._doubt: str | None = None
        self._groundless = False

    def examine(self) -> list[RebuildFinding]:
        """Compare both, and write the metadata where that is to be done."""
        try:
            made = self._describe(self._manifest.manifest.claim)
            if self._is_changed(made):
                return [self._told_manifest("lost", "it is not the one that the metadata was written for")]
            if made.manifest.digests == self._manifest.digests:
                return [self._told_manifest("equal"), self._examine_metadata(made)]
            made = self._describe(self._manifest.manifest.claim, holder=self._manifest)
        except InvalidTarball as error:
            return [self._indescribable(error)]
        outdated = self._told_manifest("outdated", "the present analyzers would make another one")
        return [outdated, self._examine_metadata(made, outdated=True)]

    def _describe(self, claim: Claim, holder: StoredManifest | None = None) -> Described:
        """Describe the version beside the stored metadata of the one before, or beside what that ought to be.

        What comes out as it is stored needs no more proof of the version before.
        """
        before = claim.previous_version
        self._doubt, self._groundless = None, False
        if before is None:
            return self._described_beside(None, claim, holder)
        stored = self._earlier.stored(before)
        made = self._described_beside(stored, claim, holder)
        if made.documents.metadata == self._data or self._earlier.is_certain(before):
            return made
        right, self._doubt = self._earlier.remade(before)
        self._groundless = right is None
        return made if right == stored else self._described_beside(right, claim, holder)

    def _described_beside(
        self, previous: Metadata | None, claim: Claim, holder: StoredManifest | None
    ) -> Described:
        return describe(self._opened, claim, previous, self._bench.workshop.analyzers(), holder=holder)

    def _is_changed(self, made: Described) -> bool:
        """Tell whether the metadata was written for another manifest than the one there is.

        If this one can be made, it is the metadata that was changed, unless the facts it tells make the one it names.
        """
        metadata = self._metadata
        witness = metadata.provenance.manifest if metadata and metadata.provenance else None
        if metadata is None or witness is None or witness == self._manifest.digests:
            return False
        if made.manifest.digests != self._manifest.digests:
            return True
        told = _claim_told_by(metadata)
        return told != self._manifest.manifest.claim and self._is_claimed(told, witness.sha256)

    def _is_claimed(self, told: Claim, sha256: str) -> bool:
        previous = self._earlier.stored(told.previous_version) if told.previous_version else None
        return self._described_beside(previous, told, None).manifest.digests.sha256 == sha256

    def _examine_metadata(self, made: Described, *, outdated: bool = False) -> RebuildFinding:
        outcome, detail = self._judge(made, outdated=outdated)
        if outcome in {"missing", "corrupt"} and not self._bench.check:
            store = self._bench.workshop.metadata
            (store.settle if outcome == "missing" else store.replace)(made.metadata, made.documents.metadata)
        if outcome == "equal" or (outcome in {"missing", "corrupt"} and not self._bench.check):
            self._earlier.vouch_for(self._opened.version)
        return self._told_metadata(outcome, detail)

    def _judge(self, made: Described, *, outdated: bool) -> tuple[Outcome, str | None]:
        if self._data == made.documents.metadata:
            return "equal", None
        if self._metadata is None:
            if self._groundless:
                return "lost", self._doubt
            return ("missing", None) if self._data is None else ("corrupt", "it cannot be read")
        if outdated or not by_present_analyzers(self._bench, self._metadata):
            return "outdated", "other analyzers made it"
        if self._doubt:
            return "outdated", self._doubt
        return "corrupt", "it says something else than the same analyzers say now"

    def _indescribable(self, error: InvalidTarball) -> RebuildFinding:
        return self._told_metadata("lost" if self._metadata is None else "outdated", error.detail)

    def _told_manifest(self, outcome: Outcome, detail: str | None = None) -> RebuildFinding:
        key = self._bench.keys.manifest(self._opened.name, self._opened.version)
        return RebuildFinding(kind="manifest", key=key, outcome=outcome, detail=detail)

    def _told_metadata(self, outcome: Outcome, detail: str | None) -> RebuildFinding:
        key = self._bench.artifact_keys.metadata(self._opened.name, self._opened.version)
        told = detail[:REASON_CHARACTERS] if detail else None
        return RebuildFinding(kind="metadata", key=key, outcome=outcome, detail=told)


def _claim_told_by(metadata: Metadata) -> Claim:
    """Answer the facts of the claim as the metadata repeats them."""
    return Claim(
        publisher=metadata.publisher,
        source=metadata.source,
        published_at=metadata.release.published_at,
        previous_version=metadata.release.previous_version,
    )
