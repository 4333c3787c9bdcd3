"""The set of names: every name that was put in is found, and what is no set is not taken for an empty one."""

import pytest

from chalicelib.domain.advisories.digests import MAGIC, WIDTH, NameDigests
from chalicelib.domain.document import UnreadableDocument
from tests.oracles.driver import seeded


def test_a_set_holds_its_names_and_no_others() -> None:
    names = NameDigests().with_names(f"package-{number}" for number in range(2_000))

    assert all(names.hold(f"package-{number}") for number in range(2_000))
    assert not any(names.hold(f"other-{number}") for number in range(2_000))


def test_nothing_is_in_the_empty_set() -> None:
    assert not NameDigests().hold("lodash")


def test_names_are_added_once() -> None:
    names = NameDigests().with_names(["a", "b"]).with_names(["b", "c"])

    assert len(names.data) == len(MAGIC) + 3 * WIDTH
    assert NameDigests.from_bytes(names.data) == names


def test_names_may_be_added_in_any_order_and_portions() -> None:
    chance = seeded("names")
    names = [f"package-{number}" for number in range(500)]
    whole = NameDigests().with_names(names)

    for _ in range(20):
        chance.shuffle(names)
        cut = chance.randrange(len(names))
        assert NameDigests().with_names(names[:cut]).with_names(names[cut:] + names[:9]) == whole


@pytest.mark.parametrize("data", [b"", b"[]", MAGIC[:-1], MAGIC + b"1234567", b"x" * 24])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableDocument):
        NameDigests.from_bytes(data)
