"""`tag`, `deprecate`, `yank` and `unyank`: what they send and say."""

import json

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism
from tests.cli.documents import PAGE
from tests.cli.fake_registry import FakeRegistry, Reply


def test_tag_lists_the_tags(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/packages/widget", PAGE)

    assert prism("tag", "widget").out == "latest  1.1.0\nnext    2.0.0-rc.1\n"


@pytest.mark.parametrize(
    ("spec", "version"),
    [
        pytest.param("widget@1.0.0", "1.0.0", id="version"),
        pytest.param("widget@next", "2.0.0-rc.1", id="tag"),
        pytest.param("widget@^1", "1.1.0", id="range"),
    ],
)
def test_tag_points_a_tag_at_a_version(prism: Prism, registry: FakeRegistry, spec: str, version: str) -> None:
    registry.answer("GET /v1/packages/widget", PAGE)
    registry.answer("PUT /v1/packages/widget/dist-tags/stable", PAGE)

    result = prism("tag", spec, "stable", PRISM_PUBLISHER_NAME="Ada")

    sent = registry.asked[-1]
    assert json.loads(sent.body) == {"version": version}
    assert sent.headers["x-prism-publisher-name"] == "Ada"
    assert result.out == f"Tagged widget@{version} as stable\n"


def test_tag_removes_a_tag(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("DELETE /v1/packages/widget/dist-tags/a%2Fb", PAGE)

    assert prism("tag", "--remove", "widget", "a/b").out == "Removed a/b from widget\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(["tag", "widget@1.0.0"], "the tag is missing", id="no-tag"),
        pytest.param(["tag", "--remove", "widget"], "the tag is missing", id="no-tag-to-remove"),
        pytest.param(["tag", "widget", "stable"], "the version is missing", id="no-version"),
        pytest.param(
            ["tag", "--remove", "widget@1.0.0", "stable"],
            "a tag is removed from a package, not from a version",
            id="version-to-remove",
        ),
        pytest.param(["tag", "widget@1.0.0/lib", "x"], "`widget@1.0.0/lib` names a path", id="path"),
        pytest.param(["yank", "widget@^1"], "`widget@^1` does not name one version", id="yank-range"),
        pytest.param(["unyank", "widget"], "`widget` does not name one version", id="unyank-package"),
    ],
)
def test_arguments_that_do_not_go_together_are_wrong_usage(
    prism: Prism, registry: FakeRegistry, argv: list[str], message: str
) -> None:
    result = prism(*argv)

    assert result.status is ExitStatus.USAGE
    assert result.err.startswith(f"error: {message}")
    assert registry.asked == []


@pytest.mark.parametrize(
    ("spec", "versions"),
    [
        pytest.param("widget@1.0.0", ["1.0.0"], id="version"),
        pytest.param("widget@<2", ["0.9.0", "1.0.0", "1.1.0"], id="range"),
        pytest.param("widget@>=1.1.0", ["1.1.0", "2.0.0-rc.1"], id="range-with-prereleases"),
        pytest.param("widget@1.x", ["1.0.0", "1.1.0"], id="x-range"),
        pytest.param("widget", ["0.9.0", "1.0.0", "1.1.0", "2.0.0-rc.1"], id="every-version"),
        pytest.param("widget@next", ["2.0.0-rc.1"], id="tag"),
    ],
)
def test_deprecate_sends_the_message_for_every_version(
    prism: Prism, registry: FakeRegistry, spec: str, versions: list[str]
) -> None:
    registry.answer("GET /v1/packages/widget", PAGE)
    for version in versions:
        registry.answer(f"PUT /v1/packages/widget/{version}/deprecation", PAGE)

    result = prism("deprecate", spec, "gone — use other")

    assert result.out == "".join(f"Deprecated widget@{version}\n" for version in versions)
    assert [json.loads(asked.body) for asked in registry.asked[1:]] == [
        {"message": "gone — use other"}
    ] * len(versions)


def test_an_empty_message_takes_the_deprecation_away(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/packages/widget", PAGE)
    registry.answer("PUT /v1/packages/widget/1.0.0/deprecation", PAGE)

    result = prism("deprecate", "widget@1.0.0", "")

    assert result.out == "No longer deprecated: widget@1.0.0\n"
    assert json.loads(registry.asked[-1].body) == {"message": ""}


def test_deprecate_without_a_version_in_the_range_is_not_found(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/packages/widget", PAGE)

    result = prism("deprecate", "widget@^7", "x")

    assert result.status is ExitStatus.NOT_FOUND
    assert registry.requests == ["GET /v1/packages/widget"]


@pytest.mark.parametrize(
    ("argv", "sent", "said"),
    [
        pytest.param(
            ["yank", "widget@1.0.0", "leaks"],
            {"yanked": True, "reason": "leaks"},
            "Yanked widget@1.0.0\n",
            id="yank",
        ),
        pytest.param(
            ["unyank", "widget@1.0.0"], {"yanked": False}, "No longer yanked: widget@1.0.0\n", id="unyank"
        ),
    ],
)
def test_yank_and_unyank_say_whether_a_version_is_hidden(
    prism: Prism, registry: FakeRegistry, argv: list[str], sent: dict[str, object], said: str
) -> None:
    registry.answer("PUT /v1/packages/widget/1.0.0/yank", PAGE)

    assert prism(*argv).out == said
    assert json.loads(registry.asked[0].body) == sent


@pytest.mark.parametrize(
    ("argv", "request_line"),
    [
        pytest.param(["tag", "w@1.0.0", "x"], "PUT /v1/packages/w/dist-tags/x", id="tag"),
        pytest.param(["tag", "--remove", "w", "x"], "DELETE /v1/packages/w/dist-tags/x", id="untag"),
        pytest.param(["yank", "w@1.0.0"], "PUT /v1/packages/w/1.0.0/yank", id="yank"),
        pytest.param(["unyank", "w@1.0.0"], "PUT /v1/packages/w/1.0.0/yank", id="unyank"),
    ],
)
def test_json_is_the_registrys_body_as_it_came(
    prism: Prism, registry: FakeRegistry, argv: list[str], request_line: str
) -> None:
    registry.answer(request_line, Reply('{"seq":  7}\n'))

    assert prism(*argv, "--json").out == '{"seq":  7}\n'


def test_deprecate_with_json_prints_an_answer_for_each_version(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/packages/widget", PAGE)
    registry.answer("PUT /v1/packages/widget/1.0.0/deprecation", Reply('{"seq": 7}'))
    registry.answer("PUT /v1/packages/widget/1.1.0/deprecation", Reply('{"seq": 8}'))

    assert prism("deprecate", "widget@1.x", "old", "--json").out == '{"seq": 7}\n{"seq": 8}\n'
