"""What npm's clients read and change, and the upstream."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.container.access import AccessServices
from chalicelib.settings import InvalidSettings

if TYPE_CHECKING:
    from chalicelib.domain.manifest import Manifest
    from chalicelib.domain.patterns import PackagePatterns
    from chalicelib.services.curating import Curating
    from chalicelib.services.deriving import Deriving
    from chalicelib.services.npm.reading import Reading
    from chalicelib.services.npm.rendering import Rendering
    from chalicelib.services.npm.texts import Texts
    from chalicelib.services.npm.writing import Writing
    from chalicelib.services.upstream.fetching import Fetching
    from chalicelib.services.upstream.mirroring import Mirroring


class NpmServices(AccessServices):
    """The services behind the npm protocol."""

    @property
    def npm_base(self) -> str:
        """The registry's address for npm's clients."""
        return f"{self.settings.registry_url}/npm/"

    @cached_property
    def texts(self) -> "Texts":
        """What npm's clients are told of each version."""
        from chalicelib.npm.versions import VersionText
        from chalicelib.services.npm.texts import Texts
        from chalicelib.stores.packuments import VersionTexts

        texts = VersionTexts(self.store, self.keys, VersionText.from_bytes)

        def sign(manifest: "Manifest") -> list[dict[str, str]]:
            return self.signing.of(manifest)  # made when something is signed, which no read does

        def signed(manifest: "Manifest") -> list[dict[str, str]]:
            return self.signing.known_of(manifest)

        def attest(manifest: "Manifest") -> dict[str, Any] | None:
            return self.attesting.summary(manifest.name, manifest.version)

        return Texts(texts, self.manifests, self.artifacts, sign=sign, signed=signed, attest=attest)

    @cached_property
    def rendering(self) -> "Rendering":
        """Makes packuments follow heads."""
        from chalicelib.services.erasing import Erasing
        from chalicelib.services.npm.rendering import Rendering

        erase = Erasing(self.artifacts, self.texts).erase
        return Rendering(self.heads, self.packuments, self.texts, base=self.npm_base, erase=erase)

    @cached_property
    def deriving(self) -> "Deriving":
        """Makes derived data follow heads."""
        from chalicelib.services.deriving import Deriving

        return Deriving(self.heads, self.manifests, self.index, lambda: self.rendering)

    @cached_property
    def curating(self) -> "Curating":
        """Changes tags, deprecations and yanks."""
        from chalicelib.services.curating import Curating

        return Curating(self.heads, self.publishers, self.deriving)

    @cached_property
    def npm_writing(self) -> "Writing":
        """Changes what npm's clients ask to be changed."""
        from chalicelib.services.npm.writing import Writing

        return Writing(self.heads, self.curating)

    @cached_property
    def own_packages(self) -> "PackagePatterns":
        """The names that are this registry's own even before they are published."""
        from chalicelib.domain.errors import InvalidPayload
        from chalicelib.domain.patterns import PackagePatterns

        texts = self.settings.own_packages
        try:
            return PackagePatterns.parse(texts) if texts else PackagePatterns(())
        except InvalidPayload as error:
            raise InvalidSettings(f"PRISM_OWN_PACKAGES cannot be read: {error.detail}") from None

    @cached_property
    def fetching(self) -> "Fetching":
        """Asks the upstream; raises NoUpstream where there is none."""
        from chalicelib.domain.upstream import NoUpstream
        from chalicelib.services.upstream.fetching import Fetching

        if self.settings.upstream is None:
            raise NoUpstream
        return Fetching(self.settings.upstream, max_tarball=self.settings.limits.payload)

    @cached_property
    def mirroring(self) -> "Mirroring":
        """Keeps the upstream's packuments; raises NoUpstream."""
        from chalicelib.services.upstream.mirroring import Mirroring

        fetching = self.fetching
        assert self.settings.upstream is not None, "there is one to be fetched from"
        return Mirroring(
            fetching,
            self.heads,
            self.packuments,
            base=self.npm_base,
            own=self.own_packages,
            ttl=self.settings.upstream.ttl,
            now=self._now,
        )

    @cached_property
    def npm_reading(self) -> "Reading":
        """Reads what npm's clients read."""
        from chalicelib.services.npm.reading import Reading

        return Reading(
            self.heads,
            self.packuments,
            self.texts,
            self.artifacts,
            lambda: self.rendering,
            own=self.own_packages,
            mirror=(lambda: self.mirroring) if self.settings.upstream else None,
        )
