"""An emulation starts beside others, ends as it is told, and says why when it ends by itself."""

import os
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from chalicelib.settings import InvalidSettings
from localstack import host
from localstack.emulate import SHORT_LIFE_SECONDS, sweep_seconds
from localstack.ports import free_port, is_free
from scripts.fetch_packages import path_of, pinned
from tests.emulators import S3Emulator
from tests.localstack.emulations import children, emulating, eventually, launch, lives


def test_a_broken_bridge_is_replaced_and_a_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    tarball = next(path_of(row) for row in pinned() if row["name"] == "is-odd").read_bytes()
    with emulating(tmp_path) as emulation:
        time.sleep(SHORT_LIFE_SECONDS)
        os.kill(emulation.pid("localstack.bridge"), signal.SIGKILL)
        emulation.drop("after", tarball)
        verdict = emulation.verdict("after")
        processes = children(emulation.process.pid)
        status = emulation.stop()

    assert verdict["status"] == "published"
    assert len(processes) == 3
    assert status == 0
    assert [pid for pid in processes if lives(pid)] == []
    assert all(is_free(urlsplit(emulation.told[name]).port or 0) for name in ("url", "endpoint"))


def test_a_part_that_ends_by_itself_ends_the_rest_and_is_named(
    localstack: S3Emulator, tmp_path: Path
) -> None:
    """Over an emulator that runs already, which is left alone."""
    with emulating(
        tmp_path, LOCALSTACK_ENDPOINT=localstack.endpoint, PRISM_S3_BUCKET=f"bucket-{uuid4()}"
    ) as emulation:
        processes = children(emulation.process.pid)
        os.kill(emulation.pid("localstack.api"), signal.SIGKILL)
        _, said = emulation.process.communicate(timeout=30)

    assert emulation.process.returncode == 1
    assert "error: the API ended with -9" in said
    assert len(processes) == 2
    assert [pid for pid in processes if lives(pid)] == []
    assert emulation.s3.meta.endpoint_url == localstack.endpoint


def test_an_interrupt_while_it_starts_leaves_nothing_behind(tmp_path: Path) -> None:
    with launch(tmp_path) as process:
        started = eventually(lambda: children(process.pid) or None)
        process.send_signal(signal.SIGINT)
        greeting, said = process.communicate(timeout=30)

    assert (process.returncode, greeting) == (0, "")
    assert said.endswith("stopped\n")
    assert [pid for pid in started if lives(pid)] == []


@pytest.mark.parametrize("name", ["PORT", "LOCALSTACK_PORT"])
def test_a_port_in_use_is_one_sentence_with_the_variable_to_change(name: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with launch(tmp_path, **{name: str(port)}) as process:
            greeting, said = process.communicate(timeout=30)

    assert (process.returncode, greeting) == (2, "")
    assert said == f"error: port {port} is in use; set {name} to another, or to 0 for any free one\n"


def test_settings_that_contradict_are_told_before_anything_starts(
    localstack: S3Emulator, tmp_path: Path
) -> None:
    with launch(tmp_path, LOCALSTACK_ENDPOINT=localstack.endpoint, PRISM_ACCESS="nobody") as process:
        greeting, said = process.communicate(timeout=30)

    assert (process.returncode, greeting) == (2, "")
    assert "PRISM_ACCESS is `nobody`" in said


@pytest.mark.parametrize("text", ["0", "soon", "-1", "1.5"])
def test_a_time_between_sweeps_that_is_none_is_told(text: str) -> None:
    with pytest.raises(InvalidSettings, match=f"SWEEP_SECONDS is `{text}`, which is not a number"):
        sweep_seconds({"SWEEP_SECONDS": text})


def test_a_minute_is_between_two_sweeps_where_nobody_says_otherwise() -> None:
    assert sweep_seconds({}) == sweep_seconds({"SWEEP_SECONDS": " "}) == 60


def test_an_emulator_that_does_not_answer_is_told_with_its_address(tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}"

    with launch(tmp_path, LOCALSTACK_ENDPOINT=address) as process:
        greeting, said = process.communicate(timeout=60)

    assert (process.returncode, greeting) == (1, "")
    assert said.startswith("error: the emulator does not do its part: ")
    assert address in said


def test_the_usual_port_of_localstack_is_left_to_whoever_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from localstack import emulate

    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(emulate, "DEFAULT_LOCALSTACK_PORT", other.getsockname()[1])

        assert emulate.localstack_port({}) == 0


def test_an_emulator_that_is_not_installed_is_told_with_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from localstack import emulate

    monkeypatch.setattr(host, "PYTHON", tmp_path / "python")
    monkeypatch.setattr("sys.argv", ["emulate", "--logs", str(tmp_path)])
    monkeypatch.setattr("signal.signal", lambda *_: None)  # the test process keeps its own
    for name in ("PORT", "LOCALSTACK_PORT"):
        monkeypatch.setenv(name, "0")

    assert emulate.main() == 2
    assert "make emulator" in capsys.readouterr().err
