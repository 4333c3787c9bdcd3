"""What is read of packages through Prism's own API."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.container.archives import ArchiveServices

if TYPE_CHECKING:
    from chalicelib.services.advising import Advising
    from chalicelib.services.browsing import Browsing
    from chalicelib.services.graphing import Graphing
    from chalicelib.services.resolving import Resolving
    from chalicelib.services.searching import Searching
    from chalicelib.services.serving import Serving


class ReadingServices(ArchiveServices):
    """The services that read."""

    @cached_property
    def browsing(self) -> "Browsing":
        """Reads published packages."""
        from chalicelib.services.browsing import Browsing

        return Browsing(self.heads, self.manifests, self.metadata, self.artifacts)

    @cached_property
    def resolving(self) -> "Resolving":
        """Resolves specs to files."""
        from chalicelib.services.resolving import Resolving

        return Resolving(self.heads, self.manifests)

    @cached_property
    def graphing(self) -> "Graphing":
        """Resolves specs to whole dependency graphs."""
        from chalicelib.services.graphing import Graphing

        return Graphing(self.heads, self.manifests, self.metadata, now=self._now)

    @cached_property
    def advising(self) -> "Advising":
        """Tells which advisories affect what somebody has."""
        from chalicelib.services.advising import Advising

        return Advising(self.advisories)

    @cached_property
    def searching(self) -> "Searching":
        """Lists and searches packages."""
        from chalicelib.services.searching import Searching

        return Searching(self.index)

    @cached_property
    def serving(self) -> "Serving":
        """Serves files."""
        from chalicelib.services.serving import Serving

        return Serving(self.heads, self.artifacts)
