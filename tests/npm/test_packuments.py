"""Packuments: made bit by bit they are what a plain rendering makes at once, whatever packages hold."""

import json
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.head import Change, Head
from chalicelib.npm import packuments
from chalicelib.npm.gzipping import MAX_EXTRA, packed, taken_apart, unpacked
from chalicelib.npm.packuments import (
    FORMS,
    TIMES_A_GROUP,
    VERSIONS_A_GROUP,
    Packument,
    StalePackument,
    moved,
    seen,
)
from chalicelib.npm.versions import Form
from tests.npm.histories import BASE, History, Renderings, document, plain_document, text_of

OTHER: Final = "http://127.0.0.1:8000/npm/"
LONGER: Final = "https://registry.example/npm/below/"
EVENTS: Final = (
    "publish",
    "publish",
    "publish",
    "tag",
    "untag",
    "deprecate",
    "yank",
    "unyank",
    "unpublish",
    "own",
)
STEPS: Final = st.lists(
    st.tuples(st.sampled_from(EVENTS), st.integers(0, 1000), st.booleans()), min_size=1, max_size=40
)
HOSTILE: Final[dict[str, dict[str, Any]]] = {
    "a NUL": {"description": "a\0b", "keywords": ["\0", "\u0000x"], "\0": {"\0": "\0"}},
    "line separators": {"description": "a\u2028b\u2029c\u0085\r\n", "author": "\v\f\x1e"},
    "the separator of members": {
        "description": '",\n"',
        "homepage": ',\n"9.9.9":{}',
        "config": {"\n": [",\n"]},
    },
    "the registry's own address": {
        "homepage": BASE,
        "description": f'"tarball":"{BASE}x","url":"{BASE}y',
        "repository": {"type": "git", "url": f"{BASE}repository"},
        "bugs": {"url": f"{BASE}bugs"},
        "config": {"tarball": f"{BASE}z", "dist": {"tarball": f"{BASE}demo/-/demo-1.0.0.tgz"}},
    },
    "fields of the registry": {
        "_id": "evil@1.0.0",
        "_rev": "99",
        "_npmUser": {"name": "Mallory"},
        "_hasShrinkwrap": True,
        "_attachments": {},
        "dist": {"tarball": "https://evil.example/x.tgz", "integrity": "sha512-evil"},
        "deprecated": "never mind",
        "maintainers": [{"name": "Mallory"}],
        "readme": "evil",
        "readmeFilename": "evil",
        "hasInstallScript": True,
        "time": {},
        "versions": {},
        "dist-tags": {"latest": "9.9.9"},
    },
    "prototypes": {
        "__proto__": {"polluted": True},
        "constructor": {"prototype": {}},
        "dependencies": {"__proto__": "1", "constructor": "1", "toString": "1"},
        "scripts": {"__proto__": "x"},
    },
    "fields of any kind": {
        "dependencies": ["a"],
        "bin": 7,
        "scripts": "rm -rf",
        "engines": ["node >= 4"],
        "os": 1,
        "funding": 0.1,
        "description": {"a": None},
        "keywords": "one, two",
        "version ": None,
        "files": None,
        "private": False,
        "big": 10**30,
        "small": -1.5e-300,
    },
    "text beyond the first plane": {"description": "\U0001d4b3 \U0010ffff \ufeff \ufffe é"},
}


def happen(history: History, what: str, number: int) -> None:
    """Let something happen that can, chosen by a number."""
    known = list(history.head.view.versions)
    version = known[number % len(known)] if known else ""
    if what == "publish" or not known:
        history.publish(
            f"1.{history.head.seq}.0",
            {"description": f"the {number}th"},
            tags=("latest",) if number % 3 else ("next",),
            readme=("README.md", b"# Read me") if number % 2 else None,
        )
    elif what == "tag":
        history.add(Change(type="tag", tag=("latest", "next", "old")[number % 3], version=version))
    elif what == "untag":
        history.add(Change(type="untag", tag="next"))
    elif what == "deprecate":
        history.add(Change(type="deprecate", version=version, message=("broken", "")[number % 2]))
    elif what == "yank":
        history.add(Change(type="yank", version=version, reason="harmful"))
    elif what == "unpublish":
        history.add(Change(type="unpublish", version=version))
    elif what == "unyank":
        history.add(Change(type="unyank", version=version))
    else:
        history.add(Change(type="own", owners=["Alice", "Bob"][: number % 3]))


def many(count: int) -> History:
    """Answer a package of so many versions."""
    history = History()
    for number in range(count):
        history.publish(f"1.0.{number}")
    return history


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Form:
    answer: Form = request.param
    return answer


class TestFollowing:
    """A packument that follows events one by one is the one that is made of all of them."""

    @settings(deadline=None)
    @given(STEPS)
    def test_random_events_with_restarts_at_random_points_make_the_same_bytes(
        self, steps: list[tuple[str, int, bool]]
    ) -> None:
        history, renderings = History("@scope/demo"), Renderings(History())
        renderings.history = history
        for what, number, follows in steps:
            happen(history, what, number)
            if follows:
                renderings.follow()
        renderings.follow()

        for form in FORMS:
            assert renderings.stored[form] == history.rendered(form)
            assert document(renderings.stored[form]) == plain_document(history, form)

    @pytest.mark.parametrize("groups", [1, 2])
    @pytest.mark.parametrize("beside", [-1, 0, 1])
    def test_versions_that_fill_groups(self, form: Form, groups: int, beside: int) -> None:
        history = many(groups * VERSIONS_A_GROUP + beside - 1)
        renderings = Renderings(history)
        renderings.follow()
        for number in range(3):
            history.publish(f"2.0.{number}")
            renderings.follow()
            assert renderings.stored[form] == history.rendered(form)
            assert document(renderings.stored[form]) == plain_document(history, form)

    def test_times_that_fill_groups(self, form: Form) -> None:
        history = many(TIMES_A_GROUP - 2)
        renderings = Renderings(history)
        for number in range(4):
            renderings.follow()
            history.publish(f"2.0.{number}")
        renderings.follow()

        assert renderings.stored[form] == history.rendered(form)
        assert document(renderings.stored[form]) == plain_document(history, form)

    def test_a_sealed_version_is_marked_and_taken_away(self, form: Form) -> None:
        history = many(2 * VERSIONS_A_GROUP + 3)
        renderings = Renderings(history)
        renderings.follow()
        for change in (
            Change(type="deprecate", version="1.0.0", message="old"),
            Change(type="unpublish", version="1.0.1"),
            Change(type="yank", version=f"1.0.{VERSIONS_A_GROUP}", reason="broken"),
            Change(type="unpublish", version=f"1.0.{VERSIONS_A_GROUP - 1}"),
            Change(type="deprecate", version="1.0.0", message=""),
        ):
            history.add(change)
            renderings.follow()
            assert renderings.stored[form] == history.rendered(form)
            assert document(renderings.stored[form]) == plain_document(history, form)

    def test_a_whole_group_that_is_taken_away(self, form: Form) -> None:
        history = many(2 * VERSIONS_A_GROUP + 1)
        renderings = Renderings(history)
        renderings.follow()
        for number in range(VERSIONS_A_GROUP):
            history.add(Change(type="unpublish", version=f"1.0.{number}"))
            if number % 20 == 0:
                renderings.follow()
        renderings.follow()

        assert renderings.stored[form] == history.rendered(form)
        assert document(renderings.stored[form]) == plain_document(history, form)

    def test_a_package_without_versions_says_so_and_can_have_some_again(self, form: Form) -> None:
        history, renderings = many(2), Renderings(History())
        renderings.history = history
        renderings.follow()
        history.add(Change(type="unpublish", version="1.0.0"))
        history.add(Change(type="unpublish", version="1.0.1"))
        renderings.follow()

        assert seen(renderings.stored[form]).empty
        assert document(renderings.stored[form]) == plain_document(history, form)

        history.publish("2.0.0")
        renderings.follow()

        assert not seen(renderings.stored[form]).empty
        assert renderings.stored[form] == history.rendered(form)
        assert document(renderings.stored[form]) == plain_document(history, form)

    def test_an_unpublished_version_keeps_its_time_and_nothing_else(self, form: Form) -> None:
        history = many(2)
        history.add(Change(type="unpublish", version="1.0.0"))

        shown = document(history.rendered(form))

        assert list(shown["versions"]) == ["1.0.1"]
        assert list(shown["time"]) == ["created", "modified", "1.0.0", "1.0.1"]
        assert shown["time"]["1.0.0"] == history.head.events[0].at

    @settings(deadline=None)
    @given(STEPS)
    def test_a_head_that_was_stored_and_read_makes_the_same_bytes(
        self, steps: list[tuple[str, int, bool]]
    ) -> None:
        history = History()
        for what, number, _ in steps:
            happen(history, what, number)
        made = [history.rendered(form) for form in FORMS]

        history.head = Head.from_bytes(history.head.to_bytes())

        assert [history.rendered(form) for form in FORMS] == made

    def test_facts_are_kept(self, form: Form) -> None:
        history = many(1)
        packument = Packument(form, "demo", BASE, facts={"about": [1]})

        again = Packument.from_bytes(history.follow(packument))
        history.publish("2.0.0")

        assert seen(history.follow(again)).facts == {"about": [1]}

    def test_what_is_told_apart_stays_far_below_what_the_field_holds(self) -> None:
        history = many(300)

        extra = taken_apart(history.rendered("full")).extra

        assert len(extra) / 300 * 10_000 < MAX_EXTRA


class TestHostilePackages:
    """Whatever a package.json holds, the packument is JSON that tells it, and what is the registry's to tell."""

    @pytest.mark.parametrize("fields", HOSTILE.values(), ids=HOSTILE)
    def test_a_package_json_is_told_and_tells_nothing_of_the_registry(
        self, form: Form, fields: dict[str, Any]
    ) -> None:
        history = History()
        history.publish("1.0.0", fields)
        renderings = Renderings(history)
        renderings.follow()
        history.publish("1.0.1", fields)
        history.add(Change(type="deprecate", version="1.0.0", message=f'"{BASE}" \0 \u2028'))
        renderings.follow()

        shown = document(renderings.stored[form])

        assert renderings.stored[form] == history.rendered(form)
        assert shown == plain_document(history, form)
        first = shown["versions"]["1.0.0"]
        assert (first["name"], first["version"]) == ("demo", "1.0.0")
        assert first["dist"]["tarball"] == f"{BASE}demo/-/demo-1.0.0.tgz"
        assert first["dist"]["integrity"] == "sha512-AA=="
        assert first["deprecated"] == f'"{BASE}" \0 \u2028'
        assert "deprecated" not in shown["versions"]["1.0.1"]
        assert shown["dist-tags"] == {"latest": "1.0.1"}
        assert "evil" not in json.dumps(shown)
        assert "Mallory" not in json.dumps(shown)
        assert "__proto__" not in first

    @pytest.mark.parametrize("fields", HOSTILE.values(), ids=HOSTILE)
    @pytest.mark.parametrize("base", [OTHER, LONGER])
    def test_only_addresses_that_are_the_registrys_are_moved(
        self, form: Form, fields: dict[str, Any], base: str
    ) -> None:
        history = History()
        history.publish("1.0.0", fields)
        history.publish("1.0.1", fields)

        assert document(moved(history.rendered(form), BASE, base)) == plain_document(history, form, base)

    @pytest.mark.parametrize("fields", HOSTILE.values(), ids=HOSTILE)
    def test_a_packument_that_is_moved_is_one_that_was_always_there(
        self, form: Form, fields: dict[str, Any]
    ) -> None:
        history = many(VERSIONS_A_GROUP)
        history.publish("2.0.0", fields)
        packument = Packument.from_bytes(history.rendered(form))
        history.publish("2.0.1", fields)

        packument.move(OTHER)

        assert history.follow(packument) == history.rendered(form, OTHER)

    def test_attestations_are_moved_as_well(self, form: Form) -> None:
        history = many(1)
        attestations = {
            "path": "-/npm/v1/attestations/demo@1.0.0",
            "provenance": {"predicateType": "https://slsa.dev/provenance/v1"},
        }
        history.texts["1.0.0"] = text_of(
            {"name": "demo", "version": "1.0.0"}, facts={"attestations": attestations}
        )

        shown = document(moved(history.rendered(form), BASE, OTHER))

        assert shown["versions"]["1.0.0"]["dist"]["attestations"] == {
            "url": f"{OTHER}-/npm/v1/attestations/demo@1.0.0",
            "provenance": {"predicateType": "https://slsa.dev/provenance/v1"},
        }

    @pytest.mark.parametrize("base", ["https://bücher.example/npm/", 'https://x/"\\\0/', "https://x/\u2028/"])
    def test_an_address_of_any_characters_stands_as_it_is(self, form: Form, base: str) -> None:
        history = many(2)

        assert document(history.rendered(form, base)) == plain_document(history, form, base)
        assert document(moved(history.rendered(form), BASE, base)) == plain_document(history, form, base)

    def test_a_huge_readme_is_cut_and_stands_once(self) -> None:
        history = History()
        for version in ("1.0.0", "1.0.1"):
            history.publish(version, readme=("README.md", "ü".encode() * (1 << 20)))

        shown = document(history.rendered("full"))

        assert shown["readme"] == "ü" * (64 << 10)
        assert shown["readmeFilename"] == "README.md"
        assert "readme" not in shown["versions"]["1.0.1"]

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            pytest.param(b"\xff\xfea\x00", "\ufffd\ufffda\0", id="another encoding"),
            pytest.param(b"\xef\xbb\xbfhello", "hello", id="a byte order mark"),
            pytest.param(b"\xed\xa0\x80", "\ufffd\ufffd\ufffd", id="half a surrogate pair"),
            pytest.param(b"", "", id="nothing"),
            pytest.param(b"\0\n,\n\r\xe2\x80\xa8", "\0\n,\n\r\u2028", id="separators"),
        ],
    )
    def test_a_readme_of_any_bytes_is_a_text(self, data: bytes, expected: str) -> None:
        history = History()
        history.publish("1.0.0", readme=("README.md", data))

        assert document(history.rendered("full"))["readme"] == expected

    @settings(deadline=None)
    @given(
        st.dictionaries(
            st.text(max_size=8),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
                lambda inner: (
                    st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
                ),
                max_leaves=8,
            ),
            max_size=5,
        )
    )
    def test_any_package_json_comes_through(self, fields: dict[str, Any]) -> None:
        history = History()
        history.publish("1.0.0", fields)
        history.publish("1.0.1")

        for form in FORMS:
            data = history.rendered(form)
            assert document(data) == plain_document(history, form)
            assert history.follow(Packument.from_bytes(data)) == data


class TestDamage:
    """A stored packument that cannot be gone on with is known to be none."""

    @pytest.fixture
    def data(self) -> bytes:
        return many(VERSIONS_A_GROUP + 2).rendered("full")

    @pytest.mark.parametrize("kept", [0, 10, 40, 500, -1, -8, -9])
    def test_what_was_cut_off_is_stale(self, data: bytes, kept: int) -> None:
        with pytest.raises(StalePackument):
            Packument.from_bytes(data[:kept])

    @settings(deadline=None)
    @given(at=st.integers(0), bit=st.integers(0, 7))
    def test_any_other_bit_is_noticed(self, at: int, bit: int) -> None:
        data = bytearray(many(3).rendered("abbreviated"))
        data[at % len(data)] ^= 1 << bit

        with pytest.raises(StalePackument):
            seen(bytes(data))
        with pytest.raises(StalePackument):
            Packument.from_bytes(bytes(data))

    @pytest.mark.parametrize("data", [b"", b"{}", b"[]", packed(b"{}"), b"\x1f\x8b" + bytes(50)])
    def test_other_bytes_are_stale(self, data: bytes) -> None:
        with pytest.raises(StalePackument):
            Packument.from_bytes(data)
        with pytest.raises(StalePackument):
            seen(data)

    def test_another_layout_is_gone_on_with_by_nobody_and_read_by_all(
        self, data: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(packuments, "LAYOUT", packuments.LAYOUT + 1)

        with pytest.raises(StalePackument, match="layout"):
            Packument.from_bytes(data)
        assert seen(data).base == BASE

    def test_what_is_moved_cannot_be_gone_on_with(self, data: bytes) -> None:
        with pytest.raises(StalePackument):
            Packument.from_bytes(moved(data, BASE, OTHER))


def test_forms_differ_in_their_bytes_even_where_they_tell_the_same() -> None:
    history = many(1)

    assert history.rendered("full") != history.rendered("abbreviated")
    assert b"_rev" in unpacked(history.rendered("full"))
    assert b"_rev" not in unpacked(history.rendered("abbreviated"))


def test_a_packument_keeps_its_own_members() -> None:
    first, second = Packument("full", "a", BASE), Packument("full", "b", BASE)
    first.versions.add(b'"1.0.0":{}')

    assert list(second.versions) == []
    assert replace(first).versions is first.versions
