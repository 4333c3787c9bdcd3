"""The filesystem driver keeps the port's promises, between processes and through crashes too."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from chalicelib.storage import files
from chalicelib.storage.filesystem import OWN_FOLDER, FilesystemStore
from chalicelib.storage.port import (
    InvalidKey,
    ObjectExists,
    ObjectNotFound,
    ObjectStore,
    PreconditionFailed,
    Prefix,
    StorageUnavailable,
    StoredObject,
)
from chalicelib.storage.testing import ObjectStoreContract

PROCESSES = 4
ROUNDS = 20


class TestFilesystemStore(ObjectStoreContract):
    """The contract, over a folder."""

    nests = False

    @pytest.fixture
    def store(self, tmp_path: Path) -> FilesystemStore:
        return FilesystemStore(tmp_path / "root")

    def peek(self, store: ObjectStore, key: str) -> bytes | None:
        assert isinstance(store, FilesystemStore)
        path = store.root / key
        return path.read_bytes() if path.is_file() else None

    def plant(self, store: ObjectStore, key: str, data: bytes) -> None:
        assert isinstance(store, FilesystemStore)
        path = store.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@pytest.fixture
def store(tmp_path: Path) -> FilesystemStore:
    return FilesystemStore(tmp_path / "root")


def drafts(store: FilesystemStore) -> list[Path]:
    return list((store.root / OWN_FOLDER / "drafts").iterdir())


class TestETags:
    """An ETag of a key never returns."""

    def test_swaps_as_quick_as_can_be_have_different_etags(self, store: FilesystemStore) -> None:
        etags = [store.put("a", b"same") for _ in range(50)]

        assert len(set(etags)) == 50

    def test_an_etag_does_not_return_after_a_removal(self, store: FilesystemStore) -> None:
        etags = []
        for _ in range(20):
            etags.append(store.put("a", b"same", if_absent=True))
            store.delete("a")

        assert len(set(etags)) == 20

    def test_an_etag_does_not_return_when_the_clock_is_set_back(
        self, store: FilesystemStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = time.time_ns()
        moments = iter([now, now, now - 10**12, now - 2 * 10**12, now])
        monkeypatch.setattr("chalicelib.storage.files.time.time_ns", lambda: next(moments))
        etags = [store.put("a", b"same") for _ in range(3)]
        store.delete("a")
        etags += [store.put("a", b"same") for _ in range(2)]

        assert len(set(etags)) == 5

    def test_an_etag_outlives_a_restart(self, store: FilesystemStore) -> None:
        etag = store.put("a", b"1")

        assert FilesystemStore(store.root).head("a").etag == etag

    def test_a_file_from_the_future_can_be_replaced(self, store: FilesystemStore) -> None:
        store.put("a", b"1")
        os.utime(store.root / "a", ns=(2**62, 2**62))
        planted = store.head("a").etag
        swapped = store.put("a", b"2", if_etag=planted)

        assert planted != swapped == store.head("a").etag


class TestTheTree:
    """Keys are paths below the root, and nothing else of it shows."""

    def test_the_store_s_own_folder_is_not_listed(self, store: FilesystemStore) -> None:
        store.put("a", b"")

        assert [type(entry).__name__ for entry in store.list("", delimiter="/")] == ["ObjectInfo"]
        assert list(store.list(OWN_FOLDER)) == []

    @pytest.mark.parametrize("key", [OWN_FOLDER, f"{OWN_FOLDER}/drafts/x", f"{OWN_FOLDER}/locks/00"])
    def test_the_store_s_own_folder_holds_no_keys(self, store: FilesystemStore, key: str) -> None:
        for verb in (store.get, store.head, store.delete, store.stream):
            with pytest.raises(InvalidKey, match="own folder"):
                verb(key)

    def test_a_segment_longer_than_a_file_name_is_refused(self, store: FilesystemStore) -> None:
        store.put("é" * 127, b"")

        with pytest.raises(InvalidKey, match="255 bytes"):
            store.put("é" * 128, b"")

    def test_folders_that_are_empty_disappear(self, store: FilesystemStore) -> None:
        store.put("a/b/c/d", b"")
        store.put("a/x", b"")
        store.delete("a/b/c/d")

        assert sorted(path.name for path in (store.root / "a").iterdir()) == ["x"]
        store.delete("a/x")
        assert [path.name for path in store.root.iterdir()] == [OWN_FOLDER]

    def test_empty_folders_that_were_left_do_not_stand_in_the_way(self, store: FilesystemStore) -> None:
        (store.root / "a/b/c").mkdir(parents=True)
        (store.root / "d/e").mkdir(parents=True)
        store.put("a", b"1", if_absent=True)
        store.put("d", b"2")

        assert list(store.list("", delimiter="/")) == [store.head("a"), store.head("d")]

    def test_files_whose_names_are_no_keys_are_passed_over(self, store: FilesystemStore) -> None:
        (store.root / "line\nbreak").write_bytes(b"")
        (store.root / os.fsdecode(b"latin-\xe9")).write_bytes(b"")
        store.put("a", b"")

        assert list(store.list("")) == [store.head("a")]

    def test_a_folder_without_any_key_below_it_is_no_prefix(self, store: FilesystemStore) -> None:
        store.put("a/b/c", b"")
        (store.root / "d" / "e").mkdir(parents=True)
        (store.root / "d" / "e" / "no\nkey").write_bytes(b"")
        (store.root / "d" / "f").mkdir()

        assert list(store.list("", delimiter="/")) == [Prefix("a/")]

    def test_a_root_that_is_cleared_meanwhile_is_made_anew(self, store: FilesystemStore) -> None:
        store.put("a/b", b"")
        subprocess.run(["rm", "-r", str(store.root)], check=True)

        with pytest.raises(ObjectNotFound):
            store.get("a/b")
        store.delete("a/b")
        assert list(store.list("")) == []
        store.put("a/b", b"again", if_absent=True)
        assert (store.root / "a/b").read_bytes() == b"again"

    def test_files_have_the_permissions_that_the_process_gives(self, store: FilesystemStore) -> None:
        previous = os.umask(0o027)
        try:
            store.put("a", b"")
        finally:
            os.umask(previous)

        assert (store.root / "a").stat().st_mode & 0o777 == 0o640

    def test_five_hundred_folders_deep(self, store: FilesystemStore) -> None:
        key = "/".join("x" * 512)
        store.put(key, b"1")

        assert list(store.list("x/x/")) == [store.head(key)]
        store.delete(key)
        assert [path.name for path in store.root.iterdir()] == [OWN_FOLDER]

    def test_a_disk_that_fails_is_unavailable(
        self, store: FilesystemStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        store.put("a", b"old")
        monkeypatch.setattr(files.Draft, "write", full)
        writes: list[Callable[[], object]] = [
            lambda: store.put("a", b"new"),
            lambda: store.put_stream("a", [b"new"]),
        ]
        for write in writes:
            with pytest.raises(StorageUnavailable, match="No space left") as caught:
                write()
            assert not caught.value.retryable

        assert (store.root / "a").read_bytes() == b"old"
        assert drafts(store) == []

    def test_a_folder_that_takes_no_drafts_is_unavailable(self, store: FilesystemStore) -> None:
        folder = store.root / OWN_FOLDER / "drafts"
        folder.rmdir()
        folder.touch()

        writes: list[Callable[[], object]] = [
            lambda: store.put("a", b"1"),
            lambda: store.put_stream("a", [b"1"]),
        ]
        for write in writes:
            with pytest.raises(StorageUnavailable, match="Not a directory"):
                write()

    def test_a_folder_whose_place_another_key_has_taken_needs_no_flushing(
        self, store: FilesystemStore
    ) -> None:
        store.put("a", b"1")

        files.flush_folder(str(store.root / "a"))
        files.flush_folder(str(store.root / "a" / "b"))

    def test_an_error_of_the_sender_s_own_rises_as_it_is(self, store: FilesystemStore) -> None:
        def unreadable() -> Iterator[bytes]:
            yield b"x"
            raise PermissionError("the sender may not read its file")

        with pytest.raises(PermissionError):
            store.put_stream("a", unreadable())


class TestLeftovers:
    """What a crash leaves is harmless, and swept when it is a day old."""

    def test_no_drafts_are_left_by_writes_that_succeed_or_lose(self, store: FilesystemStore) -> None:
        store.put("a", b"1", if_absent=True)
        with pytest.raises(ObjectExists):
            store.put("a", b"2", if_absent=True)
        with pytest.raises(PreconditionFailed):
            store.put("a", b"2", if_etag="x")
        store.copy("a", "b")

        assert drafts(store) == []

    def test_old_drafts_are_swept_and_young_ones_kept(self, store: FilesystemStore) -> None:
        folder = store.root / OWN_FOLDER / "drafts"
        (folder / "old").write_bytes(b"")
        (folder / "young").write_bytes(b"")
        long_ago = time.time() - 2 * 24 * 3600
        os.utime(folder / "old", (long_ago, long_ago))
        FilesystemStore(store.root)

        assert [path.name for path in drafts(store)] == ["young"]


DYING = """
import os, signal, sys
from pathlib import Path
from chalicelib.storage import files
from chalicelib.storage.filesystem import FilesystemStore

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

store = FilesystemStore(Path(sys.argv[1]))
setattr(*{target})
{action}
"""

POINTS = [
    pytest.param('(files.Draft, "write", die)', id="before the bytes are written"),
    pytest.param('(files.Draft, "flush", die)', id="before the bytes are flushed"),
    pytest.param('(files.Draft, "stamp", die)', id="before the stamp"),
    pytest.param('(files.Draft, "link", die)', id="before the link"),
    pytest.param('(files.Draft, "replace", die)', id="before the rename"),
    pytest.param('(files, "flush_folder", die)', id="before the folder is flushed"),
]


class TestFlushes:
    """What is durable is on the disk when a write is answered, and nothing else is waited for."""

    @pytest.fixture
    def flushed(self, store: FilesystemStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Answer what was flushed since, drafts under one name."""
        store.put("known/a", b"")
        found: list[str] = []
        drafts = str(store.root / OWN_FOLDER / "drafts")

        def flush(descriptor: int) -> None:
            path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
            found.append("draft" if path.startswith(drafts) else os.path.relpath(path, store.root))

        monkeypatch.setattr(os, "fsync", flush)
        return found

    def test_a_durable_write_waits_for_its_bytes_and_then_for_its_name(
        self, store: FilesystemStore, flushed: list[str]
    ) -> None:
        store.put("known/b", b"1", if_absent=True)
        store.put("known/b", b"2")

        assert flushed == ["draft", "known"] * 2

    def test_folders_that_were_made_are_flushed_from_the_innermost_out(
        self, store: FilesystemStore, flushed: list[str]
    ) -> None:
        store.put("known/new/deep/a", b"1")

        assert flushed == ["draft", "known/new/deep", "known/new", "known"]

    def test_what_need_not_be_durable_waits_for_nothing(
        self, store: FilesystemStore, flushed: list[str]
    ) -> None:
        etag = store.put("known/b", b"1", if_absent=True, durable=False)
        store.put("known/b", b"2", if_etag=etag, durable=False)
        store.delete("known/b", durable=False)

        assert flushed == []

    def test_folders_are_durable_whoever_made_them(self, store: FilesystemStore, flushed: list[str]) -> None:
        store.put("new/deep/a", b"1", durable=False)
        store.put("new/deep/b", b"1")

        assert flushed == ["new", ".", "draft", "new/deep"]


class TestDeath:
    """A process that is killed at any point leaves the old object or the new one."""

    @pytest.mark.parametrize("target", POINTS)
    @pytest.mark.parametrize(
        ("action", "old"),
        [
            pytest.param("store.put('deep/a', b'new', if_absent=True)", None, id="create"),
            pytest.param("store.put('deep/a', b'new', if_etag=store.head('deep/a').etag)", b"old", id="swap"),
        ],
    )
    def test_a_killed_writer_leaves_the_old_or_the_new(
        self, store: FilesystemStore, target: str, action: str, old: bytes | None
    ) -> None:
        if old is not None:
            store.put("deep/a", old)
        program = DYING.format(target=target, action=action)
        ended = subprocess.run([sys.executable, "-c", program, str(store.root)], check=False)

        reached = ("link" not in target or old is None) and ("replace" not in target or old is not None)
        assert ended.returncode == (-signal.SIGKILL if reached else 0)
        path = store.root / "deep/a"
        assert (path.read_bytes() if path.exists() else None) in {old, b"new"}
        assert [repr(entry) for entry in store.list("")] == (
            [repr(store.head("deep/a"))] if path.exists() else []
        )

        # The lock died with its holder, and the key can be written.
        later = store.put("deep/a", b"later", if_etag=store.head("deep/a").etag) if path.exists() else None
        assert later or store.put("deep/a", b"later", if_absent=True)


def creator(
    root: Path, number: int, won: "multiprocessing.queues.Queue[tuple[int, int]]", gate: object
) -> None:
    """Try to create one object a round, together with the other processes."""
    store = FilesystemStore(root)
    for turn in range(ROUNDS):
        gate.wait()  # type: ignore[attr-defined]  # a Barrier of another process
        try:
            store.put(f"race/{turn}", b"%d" % number, if_absent=True)
        except ObjectExists:
            continue
        won.put((turn, number))


def incrementer(root: Path) -> None:
    """Add one to the counter, as often as there are rounds."""
    store = FilesystemStore(root)
    done = 0
    while done < ROUNDS:
        found = store.get("counter")
        assert isinstance(found, StoredObject)
        try:
            store.put("counter", b"%d" % (int(found.data) + 1), if_etag=found.info.etag)
        except PreconditionFailed:
            continue
        done += 1


class TestProcesses:
    """The promises hold between processes."""

    def test_one_of_the_creators_wins_each_round(self, store: FilesystemStore) -> None:
        context = multiprocessing.get_context("spawn")
        gate, won = context.Barrier(PROCESSES), context.Queue()
        workers = [
            context.Process(target=creator, args=(store.root, number, won, gate))
            for number in range(PROCESSES)
        ]
        for worker in workers:
            worker.start()
        winners = dict(won.get(timeout=60) for _ in range(ROUNDS))
        for worker in workers:
            worker.join()
            assert worker.exitcode == 0

        assert won.empty()
        assert winners == {turn: int((store.root / f"race/{turn}").read_bytes()) for turn in range(ROUNDS)}

    def test_no_increment_is_lost(self, store: FilesystemStore) -> None:
        store.put("counter", b"0")
        context = multiprocessing.get_context("spawn")
        workers = [context.Process(target=incrementer, args=(store.root,)) for _ in range(PROCESSES)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            assert worker.exitcode == 0

        assert (store.root / "counter").read_bytes() == b"%d" % (PROCESSES * ROUNDS)

    def test_plain_writes_wait_for_a_swap_under_way(self, store: FilesystemStore) -> None:
        etag = store.put("a", b"1")
        with store._locks.hold("a"):
            writer = Thread(target=store.put, args=("a", b"2"))
            writer.start()
            writer.join(0.2)
            assert store.head("a").etag == etag
        writer.join()

        assert (store.root / "a").read_bytes() == b"2"
