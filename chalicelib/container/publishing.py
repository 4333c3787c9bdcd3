"""How versions come into the registry."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.container.npm import NpmServices

if TYPE_CHECKING:
    from chalicelib.services.direct import Direct
    from chalicelib.services.ingesting import Ingesting
    from chalicelib.services.jobs import Jobs
    from chalicelib.services.publishing import Publishing, Workshop
    from chalicelib.services.upstream.importing import Importing
    from chalicelib.services.verdicts import Verdicts


class PublishingServices(NpmServices):
    """The services that publish."""

    @cached_property
    def workshop(self) -> "Workshop":
        """What publishing and rebuilding work with."""
        from chalicelib.analyzers import load_analyzers
        from chalicelib.services.publishing import Workshop

        return Workshop(
            heads=self.heads,
            manifests=self.manifests,
            metadata=self.metadata,
            artifacts=self.artifacts,
            incoming=self.incoming,
            index=self.index,
            texts=self.texts,
            deriving=self.deriving,
            attest=lambda name, version, bundle: self.attesting.keep(name, version, bundle),  # noqa: PLW0108 - seldom
            publishers=self.publishers,
            limits=self.settings.limits,
            analyzers=load_analyzers,
            now=self._now,
            files_as_objects=self.settings.files == "objects",
        )

    @cached_property
    def publishing(self) -> "Publishing":
        """Publishes tarballs."""
        from chalicelib.services.executing import Limits
        from chalicelib.services.publishing import Publishing

        return Publishing(
            self.workshop,
            self.executions,
            limits=Limits(lease_ms=self.settings.lease_seconds * 1000, attempts=self.settings.attempts),
            announce=self.announce,
        )

    @cached_property
    def ingesting(self) -> "Ingesting":
        """Publishes what is dropped into the bucket."""
        from chalicelib.services.ingesting import Ingesting

        limit = self.settings.limits.unpacked_size
        return Ingesting(self.incoming, self.wishes, self.publishing, limit=limit, now=self._now)

    @cached_property
    def direct(self) -> "Direct":
        """Lets clients send tarballs to the bucket themselves."""
        from chalicelib.services.direct import INLINE_BYTES, Direct

        limit = self.settings.limits.unpacked_size
        return Direct(
            self.wishes,
            self.arriving,
            self.incoming,
            self.ingesting,
            self.publishers,
            limit=limit,
            inline=INLINE_BYTES if self.settings.on_lambda else limit,
            now=self._now,
        )

    @cached_property
    def importing(self) -> "Importing":
        """Takes versions from the upstream; raises NoUpstream."""
        from chalicelib.services.upstream.importing import Importing

        return Importing(self.mirroring, self.fetching, self.publishing, self.heads, self.manifests)

    @cached_property
    def verdicts(self) -> "Verdicts":
        """Tells what became of uploads."""
        from chalicelib.services.verdicts import Verdicts

        return Verdicts(self.incoming)

    @cached_property
    def jobs(self) -> "Jobs":
        """Tells of jobs."""
        from chalicelib.services.jobs import Jobs

        return Jobs(self.executions, now=self._now)
