"""The upstream: the registry behind this one, and what keeps its packages and one's own apart.

A package is either one's own or the upstream's, from its first event on and for ever: its head says so, and every
publish is held to it in the swap that makes it visible. What can be wrong with an upstream:

    Unavailable
    └── UpstreamUnavailable      it does not answer, or not in time
    BadUpstream                  it answers what cannot be used
    ├── UpstreamTooLarge
    └── UpstreamAddressRefused   it leads to where a registry must not go
    InvalidTarball
    └── UpstreamIntegrityMismatch
"""

from typing import TYPE_CHECKING, Final

from chalicelib.domain.errors import Conflict, InvalidRequest, InvalidTarball, PrismError, Unavailable

if TYPE_CHECKING:
    from chalicelib.domain.head import Head

UPSTREAM: Final = "upstream"
"""The origin of packages, and the source and publisher of versions, that come from the registry behind this one."""


class PackageMirrored(Conflict):
    """The package is the upstream's, and changed there."""

    code = "package_mirrored"
    title = "The package is mirrored from the upstream"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"`{name}` is mirrored from the upstream registry, so it is published and changed there alone; choose "
            "another name, such as one with a scope of your own",
            name=name,
        )


class PackageOwned(Conflict):
    """The package is published here, or is to be, so nothing of that name is taken from the upstream."""

    code = "package_owned"
    title = "The package is not the upstream's"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"`{name}` is a package of this registry's own, so nothing of that name is taken from the upstream",
            name=name,
        )


class NoUpstream(InvalidRequest):
    """The registry has no upstream."""

    code = "no_upstream"
    title = "There is no upstream"

    def __init__(self) -> None:
        super().__init__(
            "this registry has no upstream to take packages from; its operator sets one in PRISM_UPSTREAM_REGISTRY"
        )


class UpstreamUnavailable(Unavailable):
    """The upstream does not answer, or not in time."""

    code = "upstream_unavailable"
    title = "The upstream did not answer"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the upstream registry cannot be asked now: {reason}; send the request again in a moment",
            reason=reason,
        )


class BadUpstream(PrismError):
    """The upstream's answer cannot be used; nothing of it was kept."""

    code = "bad_upstream"
    title = "The upstream's answer cannot be used"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"what the upstream registry answers cannot be used: {reason}; nothing of it was kept",
            reason=reason,
        )


class UpstreamTooLarge(BadUpstream):
    """The upstream answers more than is taken."""

    code = "upstream_too_large"
    title = "The upstream's answer is too large"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"{what} has more than the {limit} bytes that are taken")


class UpstreamAddressRefused(BadUpstream):
    """The upstream leads to an address that a registry must not ask."""

    code = "upstream_address_refused"
    title = "The upstream leads to an address that is refused"


class UpstreamIntegrityMismatch(InvalidTarball):
    """The upstream's tarball is not the one that its packument tells of."""

    code = "upstream_integrity_mismatch"
    title = "The upstream's tarball is not the one it announced"

    def __init__(self, name: str, version: str, algorithm: str) -> None:
        super().__init__(
            f"the tarball of `{name}@{version}` that the upstream registry sends has another {algorithm} digest than "
            "its packument says; nothing of it was kept",
            name=name,
            version=version,
            algorithm=algorithm,
        )


def check_origin(head: "Head", source: str) -> None:
    """Let a publish from a source into a package that is of the same origin, or of none yet.

    Raises PackageMirrored and PackageOwned.
    """
    if source == UPSTREAM and head.is_owned:
        raise PackageOwned(head.name)
    if source != UPSTREAM and head.is_mirrored:
        raise PackageMirrored(head.name)
