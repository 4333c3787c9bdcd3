"""How people come to a token with npm, see who they are, make more tokens, and give them up."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import package_json
from tests.clients.npm import Npm
from tests.clients.registries import Registry, open_registry
from tests.clients.talking import Conversation, converse, fill_in
from tests.clients.tree import package_folder


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    with open_registry() as registry:
        yield registry


@pytest.fixture
def npm(registry: Registry, tmp_path: Path) -> Npm:
    return Npm(tmp_path / "home", registry.url)


def test_who_logs_in_at_the_terminal_may_publish(npm: Npm, tmp_path: Path) -> None:
    answers = [("Username:", "carol"), ("Password:", "long-enough")]
    said = converse(npm, "login", "--auth-type=legacy", cwd=npm.home, answers=answers).well().text

    assert f"Logged in on {npm.registry}." in said
    assert npm.run("whoami", cwd=npm.home).well().out == "carol\n"
    npm.publish(package_folder(tmp_path / "package", package_json("of-carol", main="index.js"))).well()


def test_who_adds_a_user_at_the_terminal_is_logged_in(npm: Npm) -> None:
    answers = [("Username:", "dora"), ("Password:", "long-enough"), ("Email", "dora@example.org")]
    converse(npm, "adduser", "--auth-type=legacy", cwd=npm.home, answers=answers).well()

    assert npm.run("whoami", cwd=npm.home).well().out == "dora\n"


def test_who_logs_in_in_the_browser_may_publish(npm: Npm, tmp_path: Path) -> None:
    talk = Conversation(npm, "login", cwd=npm.home)
    status, page = fill_in(talk.address(), name="erin")
    said = talk.end().well().text

    assert status == 200, page
    assert f"Logged in on {npm.registry}." in said
    assert npm.run("whoami", cwd=npm.home).well().out == "erin\n"
    npm.publish(package_folder(tmp_path / "package", package_json("of-erin", main="index.js"))).well()


def test_who_logs_out_has_no_token_and_nobody_else_can_use_it(
    npm: Npm, registry: Registry, tmp_path: Path
) -> None:
    token = registry.logged_in("frank")
    npm.log_in_with(token)
    npm.run("logout", cwd=npm.home).well()

    npm.run("whoami", cwd=npm.home).badly("ENEEDAUTH")
    assert token not in (npm.home / ".npmrc").read_text()
    Npm(tmp_path / "thief", registry.url, token).run("whoami", cwd=npm.home).badly("E401")


def test_where_tokens_are_asked_for_a_token_is_the_password(guarded: Registry, tmp_path: Path) -> None:
    npm = Npm(tmp_path / "home", guarded.url)
    token = guarded.token("grace")

    wrong = [("Username:", "grace"), ("Password:", "long-enough")]
    converse(npm, "login", "--auth-type=legacy", cwd=npm.home, answers=wrong).badly("token")
    right = [("Username:", "grace"), ("Password:", token)]
    converse(npm, "login", "--auth-type=legacy", cwd=npm.home, answers=right).well()

    assert npm.run("whoami", cwd=npm.home).well().out == "grace\n"
    assert token not in (npm.home / ".npmrc").read_text(), "it has one of its own"


def test_where_tokens_are_asked_for_the_browser_takes_one_too(guarded: Registry, tmp_path: Path) -> None:
    npm = Npm(tmp_path / "home", guarded.url)
    talk = Conversation(npm, "login", cwd=npm.home)
    address = talk.address()

    refused, _ = fill_in(address, token="heidi")
    approved, _ = fill_in(address, token=guarded.token("heidi"))
    talk.end().well()

    assert (refused, approved) == (401, 200)
    assert npm.run("whoami", cwd=npm.home).well().out == "heidi\n"


def test_tokens_are_made_listed_and_revoked(guarded: Registry, tmp_path: Path) -> None:
    npm = Npm(tmp_path / "admin", guarded.url, guarded.admin)
    answers = [("password:", "any")]
    said = converse(npm, "token", "create", "--name=ci", "--json", cwd=npm.home, answers=answers).well().out
    made = json.loads(said[said.index("{") :])
    ci = Npm(tmp_path / "ci", guarded.url, made["token"])

    listed = npm.asked("token", "list")
    mine = next(each for each in listed if each["name"] == "ci")
    assert ci.run("whoami", cwd=ci.home).well().out == npm.run("whoami", cwd=npm.home).well().out
    assert made["token"] not in json.dumps(listed)
    assert npm.run("token", "revoke", mine["key"], cwd=npm.home).well().out == "Removed 1 token\n"
    ci.run("whoami", cwd=ci.home).badly("E401")
