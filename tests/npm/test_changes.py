"""What is changed by documents that are sent back whole is what their senders have changed, and nothing else."""

from typing import Any, Final

import pytest

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.head import Change, View
from chalicelib.npm.changes import (
    MAX_MESSAGE,
    MAX_OWNERS,
    deprecating,
    deprecations,
    kept_versions,
    owners,
    unpublishing,
)
from tests.npm.histories import History, document


def registry() -> History:
    """Answer a package with three versions, one of them deprecated and one of them yanked."""
    history = History()
    for version in ("1.0.0", "1.1.0", "2.0.0-rc.1"):
        history.publish(version, tags=("latest",) if "-" not in version else ("next",))
    history.add(Change(type="deprecate", version="1.0.0", message="old"))
    history.add(Change(type="yank", version="1.1.0", reason="leaks"))
    return history


def read(history: History) -> dict[str, Any]:
    """Answer what a client reads."""
    return document(history.rendered("full"))


class TestDeprecations:
    """Messages are compared with those that the sender has read."""

    def test_a_document_sent_back_as_it_was_read_changes_nothing(self) -> None:
        history = registry()

        assert deprecations(read(history), history.head.view) == {}

    def test_only_what_was_changed_is_changed(self) -> None:
        history = registry()
        sent = read(history)
        sent["versions"]["1.0.0"]["deprecated"] = ""
        sent["versions"]["2.0.0-rc.1"]["deprecated"] = "unstable"

        assert deprecations(sent, history.head.view) == {"1.0.0": "", "2.0.0-rc.1": "unstable"}

    @pytest.mark.parametrize("gone", [False, "", None])
    def test_a_message_is_taken_away_in_the_words_of_every_client(self, gone: object) -> None:
        history = registry()
        sent = read(history)
        sent["versions"]["1.0.0"]["deprecated"] = gone

        assert deprecations(sent, history.head.view) == {"1.0.0": ""}

    def test_a_message_that_is_left_out_is_taken_away(self) -> None:
        history = registry()
        sent = read(history)
        del sent["versions"]["1.0.0"]["deprecated"]

        assert deprecations(sent, history.head.view) == {"1.0.0": ""}

    def test_a_yank_that_reads_as_a_message_is_none(self) -> None:
        history = registry()
        sent = read(history)

        assert sent["versions"]["1.1.0"]["deprecated"] == "yanked: leaks"
        assert "1.1.0" not in deprecations(sent, history.head.view)

    def test_a_version_that_is_left_out_is_not_meant(self) -> None:
        history = registry()
        sent = read(history)
        del sent["versions"]["1.0.0"]

        assert deprecations(sent, history.head.view) == {}

    @pytest.mark.parametrize(
        "versions",
        [
            pytest.param(None, id="none"),
            pytest.param(["1.0.0"], id="a list"),
            pytest.param({"1.0.0": "x"}, id="a manifest of no kind"),
            pytest.param({"1.0.0": {"deprecated": 1}}, id="a number"),
            pytest.param({"1.0.0": {"deprecated": True}}, id="a truth"),
            pytest.param({"1.0.0": {"deprecated": {"a": 1}}}, id="an object"),
            pytest.param({"1.0.0": {"deprecated": "x" * (MAX_MESSAGE + 1)}}, id="too long"),
        ],
    )
    def test_what_is_no_message_is_refused(self, versions: object) -> None:
        with pytest.raises(InvalidPayload):
            deprecations({"versions": versions}, registry().head.view)

    @pytest.mark.parametrize("name", ["__proto__", "constructor", "toString", "9.9.9"])
    def test_names_that_are_no_versions_are_passed_over(self, name: str) -> None:
        sent = {"versions": {name: {"deprecated": "x"}}}

        assert deprecations(sent, registry().head.view) == {}

    def test_a_version_that_went_meanwhile_gets_no_message(self) -> None:
        view = registry().head.view

        assert deprecating({"1.0.0": "new", "0.0.1": "x"}, view) == [
            Change(type="deprecate", version="1.0.0", message="new")
        ]
        assert deprecating({"1.0.0": "old", "1.1.0": ""}, view) == []


class TestUnpublishing:
    """Versions go in order, and `latest` names the best that stays."""

    @pytest.fixture
    def view(self) -> View:
        history = History()
        for version in ("1.0.0", "1.1.0", "2.0.0", "3.0.0-rc.1"):
            history.publish(version, tags=("next",) if "-" in version else ("latest",))
        return history.head.view

    def test_latest_moves_to_the_highest_stable_version(self, view: View) -> None:
        assert unpublishing({"2.0.0"}, view) == [
            Change(type="unpublish", version="2.0.0"),
            Change(type="tag", tag="latest", version="1.1.0"),
        ]

    def test_latest_stays_where_it_can(self, view: View) -> None:
        assert unpublishing({"1.1.0", "3.0.0-rc.1"}, view) == [
            Change(type="unpublish", version="1.1.0"),
            Change(type="unpublish", version="3.0.0-rc.1"),
        ]

    def test_a_prerelease_is_latest_where_nothing_else_stays(self, view: View) -> None:
        assert unpublishing({"1.0.0", "1.1.0", "2.0.0"}, view)[-1] == Change(
            type="tag", tag="latest", version="3.0.0-rc.1"
        )

    def test_a_package_of_which_all_goes_has_no_latest(self, view: View) -> None:
        assert {change.type for change in unpublishing(set(view.versions), view)} == {"unpublish"}

    def test_nothing_goes_where_nothing_is_left_out(self, view: View) -> None:
        assert unpublishing(set(), view) == []

    def test_yanked_and_deprecated_versions_are_the_last_resort(self) -> None:
        history = History()
        for version in ("1.0.0", "1.1.0", "2.0.0"):
            history.publish(version)
        history.add(Change(type="yank", version="1.1.0", reason="leaks"))

        assert unpublishing({"2.0.0"}, history.head.view)[-1].version == "1.0.0"
        assert unpublishing({"2.0.0", "1.0.0"}, history.head.view)[-1].version == "1.1.0"

    @pytest.mark.parametrize("versions", [None, [], "1.0.0", 1])
    def test_versions_of_no_kind_are_refused(self, versions: object) -> None:
        with pytest.raises(InvalidPayload):
            kept_versions({"versions": versions})


class TestOwners:
    """Owners are named, each once."""

    def test_owners_are_those_named_in_order(self) -> None:
        sent: Final = [{"name": "Bob", "email": "b@x"}, {"name": "Alice"}, {"name": " Bob "}]

        assert owners({"maintainers": sent}) == ["Bob", "Alice"]

    @pytest.mark.parametrize(
        "maintainers",
        [
            pytest.param(None, id="none"),
            pytest.param([], id="nobody"),
            pytest.param({"name": "Bob"}, id="an object"),
            pytest.param(["Bob"], id="texts"),
            pytest.param([{"email": "b@x"}], id="no name"),
            pytest.param([{"name": ""}], id="an empty name"),
            pytest.param([{"name": "  "}], id="a blank name"),
            pytest.param([{"name": "*"}], id="everybody"),
            pytest.param([{"name": "a\0b"}], id="a NUL"),
            pytest.param([{"name": "x" * 201}], id="too long"),
            pytest.param([{"name": f"p{number}"} for number in range(MAX_OWNERS + 1)], id="too many"),
        ],
    )
    def test_what_names_nobody_is_refused(self, maintainers: object) -> None:
        with pytest.raises(InvalidPayload):
            owners({"maintainers": maintainers})
