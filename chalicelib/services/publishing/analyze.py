"""Analyze: run the analyzers under the facts of the claim that is about to be made, and write down what is to be said.

Everything that will be written under the claim is made here, and read back: a number taken for what cannot be described
would be lost.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from chalicelib.analyzers.base import Analyzer, Subject
from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.errors import InvalidTarball, VersionExists
from chalicelib.domain.head import Head, View
from chalicelib.domain.manifest import Claim
from chalicelib.domain.metadata import Metadata
from chalicelib.domain.publishers import check_owner
from chalicelib.domain.times import later_than
from chalicelib.domain.upstream import check_origin
from chalicelib.services.analysis import analyze as run_analyzers
from chalicelib.services.executing import Finished, Watch
from chalicelib.services.publishing.describe import Analyzed, manifest_of, metadata_of
from chalicelib.services.publishing.opened import Opened
from chalicelib.services.publishing.values import Described, Documents, Work
from chalicelib.stores.manifests import StoredManifest

name: Final = "analyze"
LONGEST_TEXT: Final = 500
"""Characters; a verdict may quote the package.json, and is told again in every run."""


class Indescribable(InvalidTarball):
    """What there is to say about the package cannot be kept as documents that read back."""

    code = "indescribable_package"
    title = "The package cannot be described"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the package cannot be described in a way that reads back: {reason}", reason=reason[:500]
        )


def given(work: Work) -> Any:
    """Answer what the analysis depends on: the bytes, the analyzers, and whose claim it is to be."""
    return {
        "integrity": work.opened.digests.integrity,
        "analyzers": [[analyzer.name, analyzer.version] for analyzer in work.workshop.analyzers()],
        "publisher": work.publisher.to_json_value(),
        "source": work.source,
    }


def execute(work: Work, watch: Watch) -> Finished:
    """Analyze the package; raises NotAnOwner, PackageMirrored, and VersionExists early for a number that is taken."""
    opened = work.opened
    head = work.workshop.heads.get(opened.name) or Head(name=opened.name)
    work.looked = True
    check_origin(head, work.source)
    check_owner(work.publisher.name, opened.name, head.view.owners)
    visible = _visible(work, head.view)
    claim = visible.manifest.claim if visible else _new_claim(work, head)
    described = describe_under(work, claim, watch, holder=visible)
    if visible is not None:
        settled = _settled(work) or described.metadata
        work.described = _seen(visible, settled, described.report)
        return Finished(_facts_of(described))
    work.described = described
    return Finished(_facts_of(described), documents_of(described))


def restore(work: Work, outputs: Mapping[str, Any]) -> bool:
    """Go on with the documents that were made, or with those of a version that was visible."""
    report = outputs["analyzers"]
    if "documents" in outputs:
        work.described = described_by(outputs["documents"], report)
        return True
    holder, settled = work.workshop.manifests.get(work.opened.name, work.opened.version), _settled(work)
    if holder is None or settled is None:
        return False
    work.described = _seen(holder, settled, report)
    return True


def describe_under(
    work: Work, claim: Claim, watch: Watch, *, holder: StoredManifest | None = None
) -> Described:
    """Answer what is to be written under given facts, and beside the manifest that holds the claim, if one does.

    Raises Indescribable.
    """
    opened, before = work.opened, claim.previous_version
    previous = work.workshop.metadata.get(opened.name, before) if before else None
    return describe(
        opened,
        claim,
        previous,
        work.workshop.analyzers(),
        holder=holder,
        tell=lambda done, total, following: watch.tell(done, total, "analyzers", following),
    )


def describe(
    opened: Opened,
    claim: Claim,
    previous: Metadata | None,
    analyzers: Sequence[Analyzer],
    *,
    holder: StoredManifest | None = None,
    tell: Callable[[int, int, str], None] | None = None,
) -> Described:
    """Answer what is to be written of a version, a function of nothing but what is given; raises Indescribable.

    `previous` is the metadata of the version before, and `tell` hears how far the analyzers are.
    """
    subject = Subject(
        name=opened.name, version=opened.version, package=opened.package, claim=claim, previous=previous
    )
    analysis = run_analyzers(subject, analyzers, tell=tell)
    return _rehearsed(opened, Analyzed(claim, analysis, previous), holder)


def _facts_of(described: Described) -> dict[str, Any]:
    """Answer what everybody may see of an analysis."""
    claim = described.manifest.manifest.claim
    facts = {"analyzers": described.report, "publishedAt": claim.published_at}
    return facts | ({"previousVersion": claim.previous_version} if claim.previous_version else {})


def documents_of(described: Described) -> dict[str, str]:
    """Answer the documents as texts, so that they are the same bytes whoever writes them."""
    return {name: data.decode() for name, data in described.documents._asdict().items()}


def described_by(documents: Mapping[str, str], report: list[dict[str, Any]]) -> Described:
    """Answer what documents describe."""
    read = Documents(documents["manifest"].encode(), documents["metadata"].encode())
    return Described(StoredManifest.parse(read.manifest), Metadata.from_bytes(read.metadata), read, report)


def check_same_bytes(work: Work, holder: StoredManifest) -> None:
    """Raise VersionExists unless the manifest that holds a version is for these bytes."""
    integrity = holder.manifest.integrity
    if integrity != work.opened.digests.integrity:
        raise VersionExists(work.opened.name, work.opened.version, integrity)


def _rehearsed(opened: Opened, analyzed: Analyzed, holder: StoredManifest | None) -> Described:
    try:
        data = (holder.manifest if holder else manifest_of(opened, analyzed)).to_bytes()
        manifest = holder or StoredManifest.parse(data)
        documents = Documents(data, metadata_of(opened, manifest, analyzed).to_bytes())
        metadata = Metadata.from_bytes(documents.metadata)
    except (UnreadableDocument, ValueError) as error:
        raise Indescribable(str(error)) from error
    return Described(manifest, metadata, documents, [_told(run) for run in analyzed.analysis.report()])


def _seen(manifest: StoredManifest, metadata: Metadata, report: list[dict[str, Any]]) -> Described:
    """Answer what describes a version that is visible."""
    documents = Documents(manifest.manifest.to_bytes(), metadata.to_bytes())
    return Described(manifest, metadata, documents, report, visible=True)


def _told(run: dict[str, Any]) -> dict[str, Any]:
    """Answer what an analyzer did as events and checkpoints tell it; the metadata has the whole texts."""
    return {name: fact[:LONGEST_TEXT] if isinstance(fact, str) else fact for name, fact in run.items()}


def _visible(work: Work, view: View) -> StoredManifest | None:
    """Answer the manifest if the version is visible for these bytes; raises VersionExists if the number is used up."""
    opened = work.opened
    used_up = opened.version in view.unpublished
    if opened.version not in view.versions and not used_up:
        return None
    holder = work.workshop.manifests.get(opened.name, opened.version)
    assert holder is not None, "a number that was used has a manifest"
    if used_up:
        raise VersionExists(opened.name, opened.version, holder.manifest.integrity)
    check_same_bytes(work, holder)
    return holder


def _settled(work: Work) -> Metadata | None:
    return work.workshop.metadata.get(work.opened.name, work.opened.version)


def _new_claim(work: Work, head: Head) -> Claim:
    return Claim(
        publisher=work.publisher,
        source=work.source,
        published_at=later_than(head.modified, work.workshop.now()),
        previous_version=head.view.previous_of(work.opened.version),
    )
