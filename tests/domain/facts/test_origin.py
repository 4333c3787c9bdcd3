"""Where a package says its source is, and who made it."""

from typing import Any

import pytest

from chalicelib.domain.facts.origin import links_to_repository, people, repository_place


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param("owner/Project", id="a shorthand"),
        pytest.param("github:owner/project", id="a host's shorthand"),
        pytest.param("https://github.com/owner/project", id="an address"),
        pytest.param("https://github.com/owner/project/", id="a final slash"),
        pytest.param("git+https://github.com/owner/project.git", id="what npm makes of it"),
        pytest.param("git://github.com/owner/project.git#main", id="the git protocol"),
        pytest.param("git+ssh://git@github.com/owner/project.git", id="ssh"),
        pytest.param("ssh://git@github.com:22/owner/project.git", id="ssh with a port"),
        pytest.param("git@github.com:owner/project.git", id="as scp writes it"),
        pytest.param({"type": "git", "url": "https://github.com/owner/project.git"}, id="an object"),
        pytest.param(" https://github.com/owner/project ", id="white space"),
    ],
)
def test_one_repository_has_one_place_however_it_is_written(declared: Any) -> None:
    assert repository_place(declared) == "github.com/owner/project"


@pytest.mark.parametrize(
    "declared",
    [
        None,
        "",
        "git",
        7,
        [],
        {},
        {"url": None},
        "file:///home/ada/project",
        "../project",
        "https://",
        "a b/c",
    ],
)
def test_what_names_no_repository_has_no_place(declared: Any) -> None:
    assert repository_place(declared) is None


@pytest.mark.parametrize(
    ("links", "linked"),
    [
        pytest.param({"homepage": "https://github.com/owner/project#readme"}, True, id="home page"),
        pytest.param({"bugs": {"url": "https://github.com/owner/project/issues"}}, True, id="issue tracker"),
        pytest.param({"bugs": "https://github.com/owner/project/issues"}, True, id="issue tracker as text"),
        pytest.param({"homepage": "https://example.com"}, False, id="another place"),
        pytest.param({"homepage": "https://github.com/owner/project-two"}, False, id="a neighbour"),
        pytest.param({}, False, id="nothing"),
    ],
)
def test_links_into_the_repository_are_seen(links: dict[str, Any], *, linked: bool) -> None:
    assert links_to_repository({"repository": "owner/project", **links}) is linked


def test_without_a_repository_nothing_links_to_it() -> None:
    assert not links_to_repository({"homepage": "https://github.com/owner/project"})


@pytest.mark.parametrize(
    ("package_json", "known_as"),
    [
        pytest.param(
            {"author": "Ada <ada@example.com> (https://example.com)"}, ["ada", "ada@example.com"], id="text"
        ),
        pytest.param({"author": "Ada Lovelace"}, ["ada lovelace"], id="a name alone"),
        pytest.param(
            {"author": {"name": "Ada", "email": "ADA@example.com"}}, ["ada", "ada@example.com"], id="object"
        ),
        pytest.param({"maintainers": ["Ada", {"name": "Bob"}]}, ["ada", "bob"], id="maintainers"),
        pytest.param({"contributors": "Ada"}, ["ada"], id="one contributor"),
        pytest.param({"author": {"name": 7}, "maintainers": [None, []]}, [], id="nobody"),
        pytest.param({"author": "(https://example.com)"}, [], id="an address of the web alone"),
    ],
)
def test_people_are_known_by_name_and_address(package_json: dict[str, Any], known_as: list[str]) -> None:
    assert list(people(package_json)) == known_as
