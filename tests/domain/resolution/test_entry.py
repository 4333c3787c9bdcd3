import pytest

from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.manifest import EntryFields
from chalicelib.domain.resolution.entry import Entry, normal_subpath, resolve_entry
from chalicelib.domain.resolution.profiles import BUN, NODE, Profile
from chalicelib.domain.resolution.trace import Step

FIELDS = EntryFields(
    exports={".": {"types": "./a.d.ts", "import": "./a.mjs"}, "./widget": "./w.js", "./hidden": None}
)
FILES = frozenset({"a.d.ts", "a.mjs", "w.js", "package.json"})


def test_an_entry_has_path_format_and_types() -> None:
    assert resolve_entry(FIELDS, FILES, profile=NODE) == Entry("a.mjs", "module", "a.d.ts")


def test_a_list_of_files_serves_as_well_as_a_set() -> None:
    assert resolve_entry(FIELDS, sorted(FILES), profile=NODE).path == "a.mjs"


def test_the_way_is_told_only_when_asked_for() -> None:
    assert resolve_entry(FIELDS, FILES, profile=NODE, explain=True).trace == (
        Step(".", "types", "not_a_condition"),
        Step(".", "import", "found"),
    )


def test_a_legacy_way_names_every_candidate() -> None:
    trace = resolve_entry(EntryFields(main="w"), FILES, profile=NODE, explain=True).trace

    assert trace == (Step("main", "w", "file_missing"), Step("main", "w.js", "found"))


def test_the_way_tells_what_was_passed_over_and_what_was_not_looked_at() -> None:
    fields = EntryFields(
        exports={"./*": "./*", "./w*": {"bun": "./b.js", "node": {"import": "./w.js"}, "default": "./c.js"}},
    )

    assert resolve_entry(fields, FILES, "./w.js", profile=NODE, explain=True).trace == (
        Step("./*", "", "less_specific"),
        Step("./w*", "bun", "not_a_condition"),
        Step("./w*", "node.import", "found"),
        Step("./w*", "default", "not_reached"),
    )


def test_a_legacy_way_tells_that_module_is_for_bundlers() -> None:
    fields = EntryFields(main="w.js", module="a.mjs")

    assert resolve_entry(fields, FILES, profile=NODE, explain=True).trace == (
        Step("main", "w.js", "found"),
        Step("module", "a.mjs", "not_read"),
    )


def test_a_refusal_names_the_reason_and_what_is_near() -> None:
    with pytest.raises(EntryNotFound) as caught:
        resolve_entry(FIELDS, FILES, "./wigdet", profile=NODE, explain=True)

    assert caught.value.facts == {
        "subpath": "./wigdet",
        "runtime": "node",
        "mode": "import",
        "reason": "not_exported",
        "nearby": ["./widget", "."],
        "trace": [],
    }
    assert "`./widget`" in caught.value.detail


def test_a_refused_condition_is_told() -> None:
    with pytest.raises(EntryNotFound) as caught:
        resolve_entry(FIELDS, FILES, profile=NODE, mode="require")

    assert caught.value.facts["reason"] == "no_matching_condition"


def test_a_long_subpath_is_not_repeated_in_full() -> None:
    with pytest.raises(EntryNotFound) as caught:
        resolve_entry(FIELDS, FILES, "./" + "x" * 5000, profile=NODE)

    assert len(caught.value.detail) < 500


@pytest.mark.parametrize("subpath", ["./../../etc/passwd", "./%2e%2e/secret", "./..%2fsecret", "./a\x00.mjs"])
@pytest.mark.parametrize("profile", [NODE, BUN], ids=lambda profile: profile.name)
def test_nothing_outside_the_package_is_answered(subpath: str, profile: Profile) -> None:
    outside = FILES | {"../../etc/passwd", "../secret", "%2e%2e/secret", "..%2fsecret"}
    for fields in (EntryFields(), EntryFields(exports={"./*": "./*"})):
        with pytest.raises(EntryNotFound):
            resolve_entry(fields, outside - {"%2e%2e/secret", "..%2fsecret"}, subpath, profile=profile)


@pytest.mark.parametrize(
    ("given", "expected"), [("", "."), (".", "."), ("x", "./x"), ("/x", "./x"), ("./x/y", "./x/y")]
)
def test_a_subpath_has_one_normal_form(given: str, expected: str) -> None:
    assert normal_subpath(given) == expected
