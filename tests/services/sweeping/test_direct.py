"""What clients have sent to the medium is published, though they died before they could say so."""

import hashlib

import pytest

from chalicelib.domain.direct import Wish
from chalicelib.domain.manifest import Publisher
from chalicelib.domain.times import timestamp
from tests.services.sweeping.swept import Registry, task
from tests.worlds import package

WISHED = "0123456789abcdef" * 2
KEY = f"incoming/direct/{WISHED}.tgz"


def wish(registry: Registry, data: bytes = b"") -> None:
    """Ask for a tarball to be published, and send nothing yet."""
    registry.process().wishes.create(
        Wish(
            id=WISHED,
            begun_at=timestamp(registry.clock()),
            name="demo",
            size=len(data or package()),
            sha256=hashlib.sha256(data or package()).hexdigest(),
            publisher=Publisher(name="Ada"),
            source="cli",
            tag="next",
        )
    )


def wishes(registry: Registry) -> list[str]:
    """Answer the wishes that lie there."""
    return registry.lying("wishes/")


class TestUnfinishedUploads:
    """Uploads come to their end without their clients."""

    def test_what_has_arrived_is_published_as_it_was_wished(self, registry: Registry) -> None:
        wish(registry)
        registry.put(KEY, package())
        assert task(registry.sweep(), "direct").done == 0
        registry.clock.forward(minutes=20)

        told = task(registry.sweep(), "direct")

        assert told.named == [f"{WISHED} published"]
        head = registry.process().heads.get("demo")
        assert head is not None
        assert [(event.type, event.actor) for event in head.events] == [("publish", "Ada")]
        assert head.view.tags["next"] == "1.0.0"
        assert registry.lying("incoming/") == []
        assert task(registry.sweep(), "direct").done == 0

    def test_what_is_refused_is_told_and_removed(self, registry: Registry) -> None:
        wish(registry)
        registry.put(KEY, b"something else")
        registry.clock.forward(minutes=20)

        assert task(registry.sweep(), "direct").named == [f"{WISHED} refused"]

        verdict = registry.process().incoming.verdict(f"direct/{WISHED}")
        assert verdict is not None
        assert verdict.code == "digest_mismatch"
        assert registry.lying("incoming/") == []

    @pytest.mark.parametrize(("days", "arrives"), [(1.1, True), (3.1, False)])
    def test_a_wish_is_forgotten_when_its_time_is_over(
        self, registry: Registry, days: float, arrives: bool
    ) -> None:
        wish(registry)
        if arrives:
            registry.put(KEY, package())
            registry.clock.forward(minutes=20)
            registry.sweep()
        registry.clock.forward(days=days - 0.5)
        assert task(registry.sweep(), "direct").done == 0
        assert len(wishes(registry)) == 1
        registry.clock.forward(days=0.5)

        assert task(registry.sweep(), "direct").named == [f"{WISHED} forgotten"]

        assert wishes(registry) == []
        found = registry.process().incoming.verdict(f"direct/{WISHED}")
        assert (found is not None and found.status == "published") == arrives

    def test_what_is_no_wish_is_left_alone(self, registry: Registry) -> None:
        registry.put("wishes/notes.json", b"{}")
        registry.clock.forward(days=10)

        told = task(registry.sweep(), "direct")

        assert (told.examined, told.done, told.failed) == (1, 0, 0)
        assert len(wishes(registry)) == 1

    def test_a_wish_that_cannot_be_read_keeps_nobody_from_the_rest(self, registry: Registry) -> None:
        wish(registry)
        registry.put(KEY, package())
        registry.put(f"wishes/{'0' * 32}.json", b"{")
        registry.clock.forward(minutes=20)

        told = task(registry.sweep(), "direct")

        assert (told.done, told.failed) == (1, 1)
