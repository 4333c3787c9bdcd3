"""npm itself logs in, looks, makes and revokes tokens and logs out; what it prints is what its user sees."""

import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ROOT, RunningServer, serving

ADMIN = "the-operators-own-token"
PINNED = ROOT / "tests" / "node_modules" / "npm" / "bin" / "npm-cli.js"
SECONDS = 60


class User:
    """Somebody with npm and a home of their own."""

    def __init__(self, server: RunningServer, home: Path) -> None:
        home.mkdir()
        self.url = server.url
        self.home = home
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "npm_config_registry": f"{server.url}/npm/",
            "npm_config_update_notifier": "false",
            "npm_config_globalconfig": str(home / "global"),
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Begin an npm command."""
        node, npm = shutil.which("node"), shutil.which("npm")
        assert node, "these tests need Node"
        assert npm, "these tests need npm"
        command = [node, str(PINNED)] if PINNED.exists() else [npm]
        return subprocess.Popen(
            [*command, *arguments],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def npm(self, *arguments: str, fails: bool = False) -> str:
        """Run an npm command to its end and answer what it printed."""
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=SECONDS)
        assert (process.returncode != 0) == fails, output + errors
        return output + errors

    def log_in_by_name(self, name: str, password: str, *, fails: bool = False) -> str:
        """Run npm's older login, which asks for a name and a password."""
        process = self.start("login", "--auth-type=legacy")
        assert process.stdin is not None
        assert process.stdout is not None
        printed = ""
        for prompt, text in (("Username: ", name), ("Password: ", password)):
            while not printed.endswith(prompt):
                character = process.stdout.read(1)
                assert character, printed
                printed += character
            process.stdin.write(f"{text}\n")
            process.stdin.flush()
        output, errors = process.communicate(timeout=SECONDS)
        assert (process.returncode != 0) == fails, printed + output + errors
        return printed + output + errors

    def log_in_on_the_page(self, answer: str) -> str:
        """Run npm's login, and fill in the page at the address that it prints."""
        process = self.start("login")
        assert process.stdout is not None
        page = ""
        while not (found := re.search(r"(http://\S+)\n", page)):
            line = process.stdout.readline()
            assert line, process.communicate(timeout=SECONDS)
            page += line
        fill_in(found[1], answer)
        output, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, output + errors
        return page + output + errors

    @property
    def token(self) -> str:
        """The token in the user's settings."""
        [found] = re.findall(r":_authToken=(\S+)", (self.home / ".npmrc").read_text())
        return str(found)

    @property
    def is_logged_in(self) -> bool:
        """Whether there is a token in the user's settings."""
        settings = self.home / ".npmrc"
        return settings.exists() and "_authToken" in settings.read_text()


def fill_in(url: str, answer: str) -> None:
    """Do what a person's browser does: read the page, and send its form."""
    with urllib.request.urlopen(url, timeout=SECONDS) as page:
        text = page.read().decode()
    [action] = re.findall(r'<form method="post" action="([^"]+)">', text)
    [field] = re.findall(r'<input [^>]*name="(\w+)"', text)
    body = urllib.parse.urlencode({field: answer}).encode()
    with urllib.request.urlopen(urllib.parse.urljoin(url, action), body, SECONDS) as page:
        assert b"You may close this page" in page.read()


def make_token(url: str, name: str = "alice", **wanted: object) -> str:
    """Make a token as an admin does."""
    body = json.dumps({"name": name, "scopes": ["publish"], **wanted}).encode()
    headers = {"Authorization": f"Bearer {ADMIN}", "Content-Type": "application/json"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}/v1/tokens", body, headers), timeout=SECONDS
    ) as made:
        answer: dict[str, Any] = json.load(made)
    return str(answer["token"])


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with serving(tmp_path_factory.mktemp("storage"), PRISM_ACCESS="token", PRISM_ADMIN_TOKEN=ADMIN) as server:
        yield server


@pytest.fixture
def user(guarded: RunningServer, tmp_path: Path) -> User:
    return User(guarded, tmp_path / "home")


def test_login_on_the_page_whoami_and_logout(user: User) -> None:
    token = make_token(user.url)

    printed = user.log_in_on_the_page(token)
    own = user.token
    told = user.npm("whoami")
    user.npm("logout")

    assert "Login at:" in printed
    assert f"Logged in on {user.url}/npm/." in printed
    assert own != token
    assert told == "alice\n"
    assert not user.is_logged_in
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(
            urllib.request.Request(f"{user.url}/npm/-/whoami", headers={"Authorization": f"Bearer {own}"}),
            timeout=SECONDS,
        )


def test_login_by_name_and_token(user: User) -> None:
    printed = user.log_in_by_name("alice", make_token(user.url))

    assert "Logged in on" in printed
    assert user.npm("whoami") == "alice\n"


def test_a_login_that_is_refused_says_what_to_do(user: User) -> None:
    wrong = user.log_in_by_name("alice", "hunter2", fails=True)
    other = user.log_in_by_name("bob", make_token(user.url), fails=True)

    assert "code E401" in wrong
    assert "give a token that an admin of this registry made for you" in wrong
    assert "log in as `alice`" in other
    assert not user.is_logged_in


def test_tokens_are_listed_made_and_revoked(user: User) -> None:
    user.log_in_by_name("carol", make_token(user.url, "carol", packages=["@acme/*"]))

    made = user.npm("token", "create", "--name=laptop", "--password=any", "--expires=3", "--scopes=@acme")
    shown = user.npm("token", "list")
    listed = json.loads(user.npm("token", "list", "--json"))
    [laptop] = [token for token in listed if token["name"] == "laptop"]
    by_id = user.npm("token", "revoke", laptop["key"][:8])
    by_text = user.npm(
        "token", "revoke", re.findall(r"prism_\w+", user.npm("token", "create", "--password=x"))[0]
    )
    left = json.loads(user.npm("token", "list", "--json"))

    assert re.search(r"^Created token prism_[0-9a-f]{12}_\w{43}$", made, re.MULTILINE)
    assert re.search(r"^expires: 20\d\d-", made, re.MULTILINE)
    assert re.search(
        r"Token prism_[0-9a-f]{12}… with id [0-9a-f]{6,} name laptop created 20\d\d-\d\d-\d\d", shown
    )
    assert len(listed) == 3
    assert by_id == by_text == "Removed 1 token\n"
    assert {token["key"] for token in left} == {token["key"] for token in listed} - {laptop["key"]}


def test_what_a_token_does_not_allow_is_printed(user: User) -> None:
    user.log_in_by_name("dave", make_token(user.url, "dave", scopes=["read"], packages=["@acme/*"]))

    wider = user.npm("token", "create", "--password=x", "--packages=other", fails=True)
    network = user.npm("token", "create", "--password=x", "--cidr=10.0.0.0/8", fails=True)

    assert "code E403" in wider
    assert "this needs a token for `other`, and this one is for `@acme/*`" in wider
    assert "tokens are good from everywhere here" in network


def test_the_profile_is_the_name(user: User) -> None:
    user.log_in_by_name("alice", make_token(user.url))

    assert user.npm("profile", "get", "name") == "alice\n"


def test_who_is_not_logged_in_is_told_to(user: User) -> None:
    printed = user.npm("token", "list", fails=True)

    assert "code E401" in printed
    assert "npm login" in printed


@pytest.mark.parametrize("way", ["page", "name"])
def test_in_an_open_registry_a_name_is_enough_and_npm_says_what_that_means(tmp_path: Path, way: str) -> None:
    with serving(tmp_path / "storage", PRISM_ACCESS="open") as server:
        user = User(server, tmp_path / "home")
        printed = (
            user.log_in_on_the_page("alice") if way == "page" else user.log_in_by_name("alice", "anything")
        )

        assert "npm notice this registry is open: you are who you say you are" in printed
        assert user.npm("whoami") == "alice\n"
        user.npm("logout")

        assert not user.is_logged_in
