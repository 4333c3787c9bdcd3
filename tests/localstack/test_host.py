"""LocalStack starts beside others, stops when told, and says what is missing."""

import socket
from pathlib import Path

import pytest

from localstack import host


def test_what_is_not_installed_is_told_with_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(host, "PYTHON", tmp_path / "python")

    with pytest.raises(host.NotInstalled, match="make emulator"), host.running(tmp_path / "log"):
        pass


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(host.NotStarted, match=f"{port}"), host.running(tmp_path / "log", port=port):
            pass


def test_it_is_gone_after_the_block(tmp_path: Path) -> None:
    with host.running(tmp_path / "log") as emulator:
        assert emulator.process.poll() is None

    assert emulator.process.poll() is not None
    assert "Ready." in (tmp_path / "log").read_text()
