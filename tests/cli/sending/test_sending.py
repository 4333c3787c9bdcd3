"""Sending files as somebody does who has never done it, and what comes after."""

import json
import random
import re
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.uploading.registries import MIB, Shell, modes_below, registry, shell

LINK = re.compile(r"http://\S+/s/([0-9a-f]{12})\n")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("storage")) as address:
        yield address


@pytest.fixture
def prism(server: str, tmp_path: Path) -> Iterator[Shell]:
    with shell(server, tmp_path / "home") as running:
        yield running


def _file(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.write_bytes(random.Random(name).randbytes(size))
    return path


def _sent(out: str) -> str:
    found = LINK.fullmatch(out)
    assert found, out
    return found[1]


def _listing(prism: Shell, sid: str, **headers: str) -> Any:
    request = urllib.request.Request(f"{prism.server}/v1/buckets/{sid}", headers=headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def _download(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        data: bytes = answer.read()
        return data


def test_files_arrive_as_they_were(prism: Shell, tmp_path: Path) -> None:
    files = [
        _file(tmp_path, name, size) for name, size in [("a.bin", 3 * MIB), ("b Ω.txt", 11), ("empty", 0)]
    ]

    result = prism("send", *map(str, files))

    bucket = _listing(prism, _sent(result.out))
    assert {file["name"]: _download(file["url"]) for file in bucket["files"]} == {
        file.name: file.read_bytes() for file in files
    }
    assert bucket["locked"]


def test_the_link_stands_alone_and_the_rest_is_told_beside(prism: Shell, tmp_path: Path) -> None:
    result = prism("send", str(_file(tmp_path, "a.txt", 10)), "--expires", "2h")

    sid = _sent(result.out)
    assert re.fullmatch(
        rf"sending 1 file, 10 B\nthere until \S+Z; `prism sent delete {sid}` takes it back\n", result.err
    )


def test_quiet_says_nothing_but_the_link(prism: Shell, tmp_path: Path) -> None:
    result = prism("send", str(_file(tmp_path, "a.bin", 2 * MIB)), "--quiet")

    assert result.err == ""
    assert _sent(result.out)


def test_json_is_what_the_registry_said(prism: Shell, tmp_path: Path) -> None:
    result = prism("send", str(_file(tmp_path, "a.bin", 10)), "--json", "--comment", "Åsa's")

    bucket = json.loads(result.out)
    assert result.err == ""
    assert set(bucket) >= {"sid", "url", "ownerKey", "expires"}
    assert bucket["comment"] == "Åsa's"


def test_a_terminal_sees_how_far_it_is(prism: Shell, tmp_path: Path) -> None:
    result = prism("send", str(_file(tmp_path, "a.bin", 2 * MIB)), tty=True)

    assert "100%  2.1 MB of 2.1 MB" in result.err


def test_once_is_once(prism: Shell, tmp_path: Path) -> None:
    result = prism("send", str(_file(tmp_path, "a.txt", 10)), "--once")

    [file] = _listing(prism, _sent(result.out))["files"]
    assert _download(file["url"]) == (tmp_path / "a.txt").read_bytes()
    statuses = [_status(file["url"])]
    while statuses[-1] == 409 and len(statuses) < 100:
        # The registry counts a download when its last byte has left, which is after it was seen here.
        time.sleep(0.05)
        statuses.append(_status(file["url"]))
    assert statuses[-1] == 410


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@pytest.mark.parametrize("way", ["as-a-value", "from-a-pipe"])
def test_a_password_protects_the_files(prism: Shell, tmp_path: Path, way: str) -> None:
    path, password = str(_file(tmp_path, "a.txt", 10)), "geheim Ω%"
    given = ["--password", password] if way == "as-a-value" else ["--password"]

    result = prism("send", path, *given, stdin=f"{password}\n")

    sid = _sent(result.out)
    with pytest.raises(urllib.error.HTTPError) as refused:
        _listing(prism, sid)
    assert refused.value.code == 401
    refused.value.close()
    assert "a.txt" in prism("sent", sid, "--password", password).out
    assert prism("sent", sid, "--password", "wrong").status is ExitStatus.DENIED
    secrets = b"".join(path.read_bytes() for path in prism.home.rglob("*") if path.is_file())
    assert password.encode() not in secrets


def test_what_was_sent_is_listed_shown_extended_and_deleted(prism: Shell, tmp_path: Path) -> None:
    sid = _sent(prism("send", str(_file(tmp_path, "a.txt", 10)), "--downloads", "3", "--expires", "2h").out)

    listed = prism("sent").out
    shown = prism("sent", sid).out
    extended = prism("sent", "extend", f"{prism.server}/s/{sid}", "14d").out
    later = prism("sent").out
    deleted = prism("sent", "delete", sid).out

    assert re.search(rf"{sid}  1 +10 B  in \d+ h", listed) or re.search(rf"{sid} .* 10 B ", listed)
    assert "a.txt  3 downloads left" in shown
    assert re.match(rf"{sid} is there until 20\S+Z\n", extended)
    assert listed != later
    assert deleted == f"Deleted {sid}; the link leads nowhere now\n"
    with pytest.raises(urllib.error.HTTPError) as gone:
        _listing(prism, sid)
    assert gone.value.code in {404, 410}
    gone.value.close()
    assert prism("sent").err == "nothing was sent from here; `prism send FILE` does\n"


def test_deleting_what_is_gone_forgets_it(prism: Shell, tmp_path: Path) -> None:
    sid = _sent(prism("send", str(_file(tmp_path, "a.txt", 10))).out)
    [kept] = (prism.home / ".local" / "state" / "prism" / "sent").iterdir()
    document = kept.read_bytes()
    prism("sent", "delete", sid)
    kept.write_bytes(document)

    result = prism("sent", "delete", sid)

    assert (result.status, result.out) == (ExitStatus.OK, f"{sid} was gone already\n")


def test_what_others_sent_cannot_be_changed(prism: Shell, tmp_path: Path) -> None:
    sid = _sent(prism("send", str(_file(tmp_path, "a.txt", 10))).out)
    with shell(prism.server, tmp_path / "other") as stranger:
        result = stranger("sent", "delete", sid)

    assert result.status is ExitStatus.NOT_FOUND
    assert f"`{sid}` was not sent from here" in result.err


def test_only_the_user_reads_the_keys(prism: Shell, tmp_path: Path) -> None:
    prism("send", str(_file(tmp_path, "a.txt", 10)))

    sent = prism.home / ".local" / "state" / "prism" / "sent"
    assert [stat.S_IMODE(path.stat().st_mode) for path in sent.iterdir()] == [0o600]
    assert stat.S_IMODE(sent.stat().st_mode) == 0o700
    assert "ownerKey" not in prism("sent", "--json").out
    assert modes_below(prism.home / ".local" / "state" / "prism") <= {0o600, 0o700}


def test_a_lost_network_is_borne_with(prism: Shell, tmp_path: Path) -> None:
    files = [_file(tmp_path, f"{number}.bin", 3 * MIB) for number in range(4)]
    chance = random.Random(3)
    prism.network.budget = lambda: chance.randrange(2 * MIB)

    result = prism("send", *map(str, files))

    bucket = _listing(prism, _sent(result.out))
    assert prism.network.cuts > 2
    assert {file["name"]: _download(file["url"]) for file in bucket["files"]} == {
        file.name: file.read_bytes() for file in files
    }


def test_a_killed_command_goes_on_in_the_same_bucket(prism: Shell, tmp_path: Path) -> None:
    files = [_file(tmp_path, f"{number}.bin", 4 * MIB) for number in range(4)]
    running = prism.start("send", *map(str, files))
    prism.network.after = lambda sent: running.kill() if sent > 8 * MIB else None
    running.communicate(timeout=60)
    assert running.returncode == -9
    prism.network.after = lambda _: None

    result = prism("send", *map(str, files))

    sid = _sent(result.out)
    assert len({path.name[:12] for path in (prism.home / ".local/state/prism/sent").iterdir()}) == 1
    bucket = _listing(prism, sid)
    assert sorted(file["name"] for file in bucket["files"]) == [file.name for file in files]
    assert {file["name"]: _download(file["url"]) for file in bucket["files"]} == {
        file.name: file.read_bytes() for file in files
    }
    assert prism.network.sent < 16 * MIB + 6 * MIB
    assert prism.unfinished == []


def test_sending_the_same_again_makes_another_bucket(prism: Shell, tmp_path: Path) -> None:
    path = str(_file(tmp_path, "a.txt", 10))

    assert _sent(prism("send", path).out) != _sent(prism("send", path).out)


@pytest.mark.parametrize(
    "arguments",
    [["--expires", "soon"], ["--downloads", "0"], ["--once", "--downloads", "2"], ["--patience", "x"]],
)
def test_nonsense_is_wrong_usage(prism: Shell, tmp_path: Path, arguments: list[str]) -> None:
    assert prism("send", str(_file(tmp_path, "a.txt", 1)), *arguments).status is ExitStatus.USAGE
    assert prism.network.sent == 0


@pytest.mark.parametrize(
    "words", [["delete"], ["extend", "3f9c0a17be52"], ["not-an-id"], ["a", "b", "c", "d"]]
)
def test_words_that_mean_nothing_are_wrong_usage(prism: Shell, words: list[str]) -> None:
    assert prism("sent", *words).status is ExitStatus.USAGE
