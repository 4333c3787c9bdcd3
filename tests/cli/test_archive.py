"""`prism archive`: made once by the registry, downloaded through a network that fails, and gone on with."""

import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.uploading.registries import MIB, Shell, large_tarball, registry, shell


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("packages")
    with registry(folder / "storage") as address, shell(address, folder / "home") as prism:
        for name in ("one", "@acme/two"):
            assert prism("publish", str(large_tarball(folder, name, 3 * MIB))).status is ExitStatus.OK
        yield address


@pytest.fixture
def prism(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with shell(server, tmp_path / "home") as running:
        yield running


def test_packages_come_as_one_file(prism: Shell, tmp_path: Path) -> None:
    result = prism("archive", "one", "@acme/two@^1", "-o", "both.zip")

    assert (result.status, result.out) == (ExitStatus.OK, "both.zip\n"), result.err
    with zipfile.ZipFile("both.zip") as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 2
    assert [path.name for path in Path().iterdir()] == ["both.zip"]


def test_the_ending_of_the_file_tells_the_format(prism: Shell) -> None:
    prism("archive", "one", "-o", "one.tar.gz")

    with tarfile.open("one.tar.gz", "r:gz") as archive:
        [member] = archive.getnames()
    assert "one" in member


def test_without_a_file_it_goes_under_the_name_that_the_registry_gives_it(prism: Shell) -> None:
    result = prism("archive", "one", "--format", "zip")

    [file] = Path().iterdir()
    assert result.out == f"{file}\n"
    assert zipfile.is_zipfile(file)


def test_a_folder_is_where_it_goes(prism: Shell) -> None:
    Path("archives").mkdir()

    result = prism("archive", "one", "-o", "archives")

    assert Path(result.out.strip()).parent == Path("archives")


def test_a_download_that_breaks_off_is_gone_on_with(prism: Shell) -> None:
    prism.network.back = lambda: MIB

    result = prism("archive", "one", "@acme/two", "-o", "both.zip")

    assert result.status is ExitStatus.OK, result.err
    assert prism.network.cuts > 3
    assert prism.network.received < Path("both.zip").stat().st_size + MIB
    with zipfile.ZipFile("both.zip") as archive:
        assert archive.testzip() is None


def test_another_run_goes_on_where_one_was_interrupted(prism: Shell) -> None:
    prism.network.back = lambda: 2 * MIB
    first = prism("archive", "one", "@acme/two", "-o", "both.zip", "--patience", "0")
    parts = list(Path().iterdir())
    prism.network.back = lambda: None
    before = prism.network.received

    second = prism("archive", "one", "@acme/two", "-o", "both.zip")

    assert first.status is ExitStatus.UNREACHABLE
    assert len(parts) == 1
    assert parts[0].name != "both.zip"
    assert second.status is ExitStatus.OK
    assert prism.network.received - before < 5 * MIB
    assert [path.name for path in Path().iterdir()] == ["both.zip"]
    assert zipfile.is_zipfile("both.zip")


def test_a_part_that_is_too_long_is_thrown_away(prism: Shell) -> None:
    prism.network.back = lambda: 2 * MIB
    prism("archive", "one", "-o", "one.zip", "--patience", "0")
    [part] = Path().iterdir()
    part.write_bytes(bytes(9 * MIB))
    prism.network.back = lambda: None

    assert prism("archive", "one", "-o", "one.zip").status is ExitStatus.OK
    assert zipfile.is_zipfile("one.zip")


def test_json_is_what_the_registry_says(prism: Shell) -> None:
    result = prism("archive", "one", "--json", "-o", "one.zip")

    archive = json.loads(result.out)
    assert result.err == ""
    assert archive["state"] == "ready"
    assert archive["length"] == Path("one.zip").stat().st_size


def test_what_was_sent_comes_as_one_file(prism: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    (tmp_path / "b.txt").write_bytes(b"b")
    link = prism("send", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), "--password", "x").out.strip()

    refused = prism("archive", "--bucket", link, "-o", "sent.zip")
    prism("archive", "--bucket", link, "-o", "sent.zip", "--password", "x")

    assert refused.status is ExitStatus.DENIED
    with zipfile.ZipFile(io.BytesIO(Path("sent.zip").read_bytes())) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"a.txt": b"a", "b.txt": b"b"}


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param([], ExitStatus.USAGE, id="nothing"),
        pytest.param(["one", "--bucket", "0123456789ab"], ExitStatus.USAGE, id="both"),
        pytest.param(["--bucket", "nonsense"], ExitStatus.USAGE, id="no-bucket"),
        pytest.param(["unknown"], ExitStatus.NOT_FOUND, id="unknown"),
    ],
)
def test_what_cannot_be_had_is_told(prism: Shell, arguments: list[str], status: ExitStatus) -> None:
    assert prism("archive", *arguments).status is status
    assert list(Path().iterdir()) == []


def test_what_cannot_be_written_is_not_the_networks_fault(prism: Shell) -> None:
    result = prism("archive", "one", "-o", "nowhere/one.zip")

    assert result.status is ExitStatus.FAILURE
    assert "`nowhere/one.zip` cannot be written" in result.err
