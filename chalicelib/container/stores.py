"""The typed stores over the media."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.container.media import Media

if TYPE_CHECKING:
    from chalicelib.stores.access import Publishers, Tokens
    from chalicelib.stores.advisories import Advisories
    from chalicelib.stores.artifacts import Artifacts
    from chalicelib.stores.direct import Arriving, Wishes
    from chalicelib.stores.executions import Executions
    from chalicelib.stores.heads import Heads
    from chalicelib.stores.incoming import Incoming
    from chalicelib.stores.index import Index
    from chalicelib.stores.manifests import Manifests
    from chalicelib.stores.metadata import MetadataStore
    from chalicelib.stores.packuments import PackumentStore


class Stores(Media):
    """The stores of one process."""

    @cached_property
    def heads(self) -> "Heads":
        """Package heads."""
        from chalicelib.stores.heads import Heads

        return Heads(self.store, self.keys, now=self._now)

    @cached_property
    def manifests(self) -> "Manifests":
        """Prism manifests."""
        from chalicelib.stores.manifests import Manifests

        return Manifests(self.store, self.keys)

    @cached_property
    def metadata(self) -> "MetadataStore":
        """Version metadata."""
        from chalicelib.stores.metadata import MetadataStore

        return MetadataStore(self.artifact_store, self.artifact_keys)

    @cached_property
    def artifacts(self) -> "Artifacts":
        """Tarballs and packs."""
        from chalicelib.stores.artifacts import Artifacts

        return Artifacts(self.artifact_store, self.artifact_keys)

    @cached_property
    def incoming(self) -> "Incoming":
        """Objects dropped into the bucket."""
        from chalicelib.stores.incoming import Incoming

        return Incoming(self.artifact_store, self.artifact_keys)

    @cached_property
    def wishes(self) -> "Wishes":
        """What clients have asked for who send tarballs to the bucket themselves."""
        from chalicelib.stores.direct import Wishes

        return Wishes(self.artifact_store, self.artifact_keys)

    @cached_property
    def arriving(self) -> "Arriving":
        """What they send, on its way into the bucket."""
        from chalicelib.stores.direct import Arriving

        return Arriving(self.artifact_store, self.artifact_keys)

    @cached_property
    def index(self) -> "Index":
        """The index of all packages."""
        from chalicelib.stores.index import Index

        return Index(self.store, self.keys)

    @cached_property
    def packuments(self) -> "PackumentStore":
        """Packuments, as npm's clients read them."""
        from chalicelib.stores.packuments import PackumentStore

        return PackumentStore(self.store, self.keys)

    @cached_property
    def advisories(self) -> "Advisories":
        """Security advisories."""
        from chalicelib.stores.advisories import Advisories

        return Advisories(self.store, self.keys)

    @cached_property
    def executions(self) -> "Executions":
        """Jobs, their runs, checkpoints and events."""
        from chalicelib.stores.executions import Executions

        return Executions(self.store, self.keys, now=self._now)

    @cached_property
    def tokens(self) -> "Tokens":
        """The records of tokens."""
        from chalicelib.stores.access import Tokens

        return Tokens(self.store, self.keys)

    @cached_property
    def publishers(self) -> "Publishers":
        """The list of trusted publishers."""
        from chalicelib.stores.access import Publishers

        return Publishers(self.store, self.keys)
