"""Publishing what is large: in parts, through a network that fails, and going on after an interruption."""

import json
import os
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.cli.client import bytes_body
from chalicelib.cli.environment import Transport
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.transport import HttpRequest, HttpResponse, Unanswered, send
from tests.cli.uploading.registries import MIB, Shell, large_tarball, modes_below, registry, shell

OVERHEAD = MIB // 4
"""Bytes that requests have beside their bodies, at most."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("storage")) as address:
        yield address


@pytest.fixture
def prism(server: str, tmp_path: Path) -> Iterator[Shell]:
    with shell(server, tmp_path / "home") as running:
        yield running


def _published(prism: Shell, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(prism("info", f"{name}@1.0.0", "--json").out)
    return document


def test_a_large_package_is_published_in_parts_by_itself(prism: Shell, tmp_path: Path) -> None:
    tarball = large_tarball(tmp_path, "parts")

    result = prism("publish", str(tarball))

    assert result.out == "Published parts@1.0.0\n", result.err
    assert result.err.splitlines()[:2] == ["uploading 6.3 MB", "uploaded 25%"]
    assert prism.unfinished == []


def test_what_is_too_large_for_one_request_goes_in_parts_though_it_looked_small(
    prism: Shell, tmp_path: Path
) -> None:
    result = prism("publish", str(large_tarball(tmp_path, "second-thoughts", 2 * MIB)))

    assert result.out == "Published second-thoughts@1.0.0\n", result.err


def test_every_way_ends_in_the_same_version_and_the_same_words(tmp_path: Path) -> None:
    results = {}
    for way in ("inline", "tus"):
        tarball = large_tarball(tmp_path, "same", 3 * MIB, author="Ada <ada@example.com>")
        with (
            registry(tmp_path / way, PRISM_MAX_PAYLOAD=str(4 * MIB)) as address,
            shell(address, tmp_path / "home") as prism,
        ):
            asked = [
                prism("publish", str(tarball), "--via", way, "--tag", "next", "--json"),
                prism("publish", str(tarball), "--via", way, "--tag", "next"),
                prism("info", "same@1.0.0", "--json"),
                prism("tag", "same"),
            ]
            results[way] = [(result.status, _timeless(result.out)) for result in asked]
            assert asked[0].err == ""

    assert results["tus"] == results["inline"]
    assert "same@1.0.0 was published before" in results["tus"][1][1]


def _timeless(out: str) -> Any:
    """Answer what was printed without what depends on the hour and on the clock."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "a-moment", out)
    if not text.startswith("{"):
        return text
    document = json.loads(re.sub(r'"durationMs": ?[0-9.]+', '"durationMs": 0', text))
    for part in (document, document.get("metadata", {})):
        part.get("provenance", {}).pop("manifest", None)
    return document


def test_publishing_the_same_again_sends_nothing(prism: Shell, tmp_path: Path) -> None:
    tarball = large_tarball(tmp_path, "again")
    prism("publish", str(tarball))
    before = prism.network.sent

    result = prism("publish", str(tarball))

    assert result.out == "again@1.0.0 was published before, with the same content\n"
    assert prism.network.sent - before < OVERHEAD


def test_other_bytes_under_a_taken_version_are_refused_before_they_are_sent(
    prism: Shell, tmp_path: Path
) -> None:
    prism("publish", str(large_tarball(tmp_path, "taken")))
    before = prism.network.sent

    result = prism("publish", str(large_tarball(tmp_path, "taken", 7 * MIB)))

    assert result.status is ExitStatus.CONFLICT
    assert result.err == (
        "error: `taken@1.0.0` is already published with other content\n"
        "hint: raise `version` in package.json and publish again\n"
    )
    assert prism.network.sent - before < OVERHEAD


def test_a_lost_network_is_borne_with(prism: Shell, tmp_path: Path) -> None:
    tarball = large_tarball(tmp_path, "lossy")
    chance = random.Random(7)
    prism.network.budget = lambda: chance.randrange(2 * MIB)

    result = prism("publish", str(tarball))

    assert result.out == "Published lossy@1.0.0\n", result.err
    assert prism.network.cuts > 3
    assert "trying again in 1 s" in result.err
    assert _published(prism, "lossy")["manifest"]["dist"]["size"] == tarball.stat().st_size


def test_a_network_that_stays_away_ends_with_how_to_go_on(prism: Shell, tmp_path: Path) -> None:
    tarball = large_tarball(tmp_path, "away")
    prism.network.after = lambda sent: prism.network.lose() if sent > 3 * MIB else None

    result = prism("publish", str(tarball), "--patience", "20s")

    assert result.status is ExitStatus.UNREACHABLE
    assert result.err.endswith("hint: run the same command again to go on where this stopped\n")
    assert 20 <= sum(prism.waits) < 30
    assert prism.waits[-4:-1] == [2, 4, 8]
    assert len(prism.unfinished) == 1


def test_a_killed_command_goes_on_where_it_was(prism: Shell, tmp_path: Path) -> None:
    tarball = large_tarball(tmp_path, "killed", 12 * MIB)
    running = prism.start("publish", str(tarball))
    prism.network.after = lambda sent: running.kill() if sent > 5 * MIB else None
    running.communicate(timeout=60)
    assert running.returncode == -9
    assert len(prism.unfinished) == 1
    first = prism.network.sent
    prism.network.after = lambda _: None

    result = prism("publish", str(tarball), "--resume")

    assert result.out == "Published killed@1.0.0\n", result.err
    assert re.match(r"uploading 12\.6 MB, of which [45]\.\d MB are there\n", result.err)
    assert prism.network.sent < tarball.stat().st_size + MIB + 2 * OVERHEAD
    assert prism.network.sent - first < tarball.stat().st_size - 3 * MIB
    assert prism.unfinished == []


def test_only_the_user_reads_what_is_remembered(prism: Shell, tmp_path: Path) -> None:
    tarball = large_tarball(tmp_path, "secretive")
    prism.network.after = lambda sent: prism.network.lose() if sent > 2 * MIB else None

    prism("publish", str(tarball), "--patience", "1s")

    assert len(prism.unfinished) == 1
    assert {path.stat().st_mode & 0o777 for path in prism.unfinished} == {0o600}
    assert modes_below(prism.home / ".cache" / "prism") <= {0o600, 0o700}


def test_resuming_what_was_not_begun_is_refused(prism: Shell, tmp_path: Path) -> None:
    result = prism("publish", str(large_tarball(tmp_path, "unbegun")), "--resume")

    assert result.status is ExitStatus.NOT_FOUND
    assert "there is no unfinished upload of these bytes of unbegun@1.0.0" in result.err
    assert "hint: leave --resume out to begin anew\n" in result.err


def test_an_upload_that_is_gone_begins_anew_unless_one_insists(prism: Shell, tmp_path: Path) -> None:
    tarball = large_tarball(tmp_path, "gone")
    prism.network.after = lambda sent: prism.network.lose() if sent > 2 * MIB else None
    prism("publish", str(tarball), "--patience", "0")
    [memory] = prism.unfinished
    document = json.loads(memory.read_text())
    for insists in (True, False):
        with shell(prism.server, prism.home) as again:
            lost = {
                **document,
                "registry": again.network.url,
                "upload": "uploads/0123456789ab/00000000-0000-4000-8000-000000000000",
            }
            _remember(again, lost)
            result = again("publish", str(tarball), *(["--resume"] if insists else []))
            assert result.status is (ExitStatus.NOT_FOUND if insists else ExitStatus.OK), result.err
            assert len(again.unfinished) == 1


def _remember(prism: Shell, document: dict[str, Any]) -> None:
    from chalicelib.cli.environment import Environment
    from chalicelib.cli.uploading.unfinished import Unfinished, What

    what = What(**{part: document[part] for part in ("registry", "name", "sha256", "size")})
    Unfinished(Environment(environ=prism.variables()), what).remember("tus", document["upload"])


def test_a_package_over_the_limit_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    with (
        registry(tmp_path / "storage", PRISM_MAX_UPLOAD_BYTES=str(5 * MIB)) as address,
        shell(address, tmp_path / "home") as prism,
    ):
        result = prism("publish", str(large_tarball(tmp_path, "vast")))

    assert result.status is ExitStatus.FAILURE
    assert "vast@1.0.0 has 6.3 MB packed, and this registry takes at most 5.2 MB" in result.err
    assert prism.network.sent < OVERHEAD


def test_what_one_request_cannot_take_is_not_sent_in_one(prism: Shell, tmp_path: Path) -> None:
    result = prism("publish", str(large_tarball(tmp_path, "whole")), "--via", "inline")

    assert result.status is ExitStatus.FAILURE
    assert "takes at most 1.0 MB in one request" in result.err
    assert prism.network.sent < OVERHEAD


def test_a_refused_package_is_told_as_in_one_request(prism: Shell, tmp_path: Path) -> None:
    tarball = large_tarball(tmp_path, "refused", 2 * MIB, twice=True)
    with (
        registry(tmp_path / "storage", PRISM_MAX_PAYLOAD=str(4 * MIB)) as address,
        shell(address, tmp_path / "home") as other,
    ):
        inline = other("publish", str(tarball), "--via", "inline")

    result = prism("publish", str(tarball), "--via", "tus")

    assert result.status is inline.status is ExitStatus.UNUSABLE_PACKAGE
    assert result.err.splitlines()[-2:] == inline.err.splitlines()[-2:]
    assert prism.unfinished == []


def test_all_parts_go_over_one_connection(prism: Shell, tmp_path: Path) -> None:
    other = large_tarball(tmp_path, "two-parts", 3 * MIB // 2)
    prism("publish", str(other), "--via", "tus")
    before, prism.network.connections = prism.network.connections, 0

    prism("publish", str(large_tarball(tmp_path, "many-parts", 6 * MIB)), "--via", "tus")

    assert prism.network.connections == before


def test_a_connection_that_the_registry_has_closed_is_opened_anew(prism: Shell, tmp_path: Path) -> None:
    prism.network.budget = lambda: 3 * MIB

    result = prism("publish", str(large_tarball(tmp_path, "closed")), "--via", "tus")

    assert result.out == "Published closed@1.0.0\n", result.err
    assert prism.network.cuts >= 2
    assert "trying again" not in result.err


def test_a_gateway_that_takes_less_is_sent_less(prism: Shell, tmp_path: Path) -> None:
    sizes = []

    def through_a_gateway(request: HttpRequest) -> HttpResponse:
        sizes.append(request.body.size if request.body else 0)
        if sizes[-1] > MIB // 2:
            return HttpResponse(413, {}, b'{"message": "Request Too Long"}')
        return send(request)

    result = prism.over(through_a_gateway)("publish", str(large_tarball(tmp_path, "narrow")), "--via", "tus")

    assert result.out == "Published narrow@1.0.0\n", result.err
    assert sum(size > MIB // 2 for size in sizes) == 1


def test_an_answer_that_never_comes_is_no_loss(prism: Shell, tmp_path: Path) -> None:
    patches = []

    def losing_answers(request: HttpRequest) -> HttpResponse:
        answer = send(request)
        patches.append(request.method)
        if request.method in {"POST", "PATCH"} and len(patches) % 2:
            raise Unanswered("the connection was reset")
        return answer

    tarball = large_tarball(tmp_path, "unheard")
    result = prism.over(losing_answers)("publish", str(tarball), "--via", "tus")

    assert result.out == "Published unheard@1.0.0\n", result.err
    assert prism.network.sent < tarball.stat().st_size + OVERHEAD


def test_a_chunk_that_was_damaged_on_its_way_is_sent_again(prism: Shell, tmp_path: Path) -> None:
    damaged: list[str] = []

    def damaging(request: HttpRequest) -> HttpResponse:
        if request.method == "PATCH" and request.body and len(damaged) < 2:
            damaged.append(request.url)
            request = replace(request, body=bytes_body(bytes(request.body.size)))
        return send(request)

    result = prism.over(damaging)("publish", str(large_tarball(tmp_path, "noisy")), "--via", "tus")

    assert result.out == "Published noisy@1.0.0\n", result.err
    assert len(damaged) == 2


def test_a_tarball_that_changes_while_it_is_sent_is_refused_at_once(prism: Shell, tmp_path: Path) -> None:
    path = large_tarball(tmp_path, "changing")

    def changing(request: HttpRequest) -> HttpResponse:
        if request.method == "PATCH":
            with path.open("r+b") as file:
                file.seek(-1000, os.SEEK_END)
                file.write(b"changed")
        return send(request)

    result = prism.over(changing)("publish", str(path), "--via", "tus")

    assert result.status is ExitStatus.USAGE
    assert "does not publish them: The digest does not match" in result.err
    assert "the upload was damaged on its way; publish again" in result.err
    assert prism.unfinished == []


def test_quiet_is_silent_and_a_terminal_sees_speed_and_time(prism: Shell, tmp_path: Path) -> None:
    quiet = prism("publish", str(large_tarball(tmp_path, "silent")), "--quiet")
    seen = prism.over(_slowly(prism))("publish", str(large_tarball(tmp_path, "seen")), tty=True)

    assert (quiet.out, quiet.err) == ("Published silent@1.0.0\n", "")
    assert seen.out == "Published seen@1.0.0\n"
    assert re.search(r"\d\d%  \d\.\d MB of 6\.3 MB, \d+\.\d kB/s, \d+ s left\x1b\[K", seen.err)
    assert seen.err.endswith("\r\x1b[K")


def _slowly(prism: Shell) -> Transport:
    """Answer a way to send requests that takes ten seconds for each."""

    def transport(request: HttpRequest) -> HttpResponse:
        prism.waits.append(10)
        return send(request)

    return transport


def test_a_registry_that_asks_for_tokens_says_so_before_anything_is_sent(tmp_path: Path) -> None:
    tarball, token = large_tarball(tmp_path, "guarded"), "the-operators-own-token"
    with (
        registry(tmp_path / "storage", PRISM_ACCESS="token", PRISM_ADMIN_TOKEN=token) as address,
        shell(address, tmp_path / "home") as prism,
    ):
        refused = prism("publish", str(tarball))
        sent = prism.network.sent
        published = prism("publish", str(tarball), PRISM_TOKEN=token)

    assert refused.status is ExitStatus.DENIED
    assert "hint: set PRISM_TOKEN" in refused.err
    assert sent < OVERHEAD
    assert published.out == "Published guarded@1.0.0\n", published.err


def test_who_asks_for_one_request_gets_one_where_the_registry_takes_it(tmp_path: Path) -> None:
    with (
        registry(tmp_path / "storage", PRISM_MAX_PAYLOAD=str(64 * MIB)) as address,
        shell(address, tmp_path / "home") as prism,
    ):
        result = prism("publish", str(large_tarball(tmp_path, "one-go", 9 * MIB)), "--via", "inline")

    assert result.out == "Published one-go@1.0.0\n", result.err
    assert prism.network.connections == 2


def test_a_network_that_is_lost_after_the_last_byte_loses_nothing(prism: Shell, tmp_path: Path) -> None:
    tarball = large_tarball(tmp_path, "late")

    def lost_at_the_end(request: HttpRequest) -> HttpResponse:
        if "/v1/jobs/" in request.url:
            raise Unanswered("no route to host")
        return send(request)

    first = prism.over(lost_at_the_end)("publish", str(tarball), "--patience", "9s")
    sent = prism.network.sent
    second = prism("publish", str(tarball))

    assert first.status is ExitStatus.UNREACHABLE
    assert re.search(r"hint: all bytes have arrived; `prism job publish-\S+ --follow` shows", first.err)
    assert second.out == "late@1.0.0 was published before, with the same content\n"
    assert prism.network.sent - sent < OVERHEAD
    assert prism.unfinished == []
