"""The setting chooses the driver, and only what was chosen is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.settings import InvalidSettings, R2Settings, S3Settings, Settings
from chalicelib.storage import DRIVERS, open_store
from chalicelib.storage.filesystem import FilesystemStore
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.r2 import R2Store
from chalicelib.storage.s3 import S3Store

ALL = Settings(
    s3=S3Settings("s3-bucket", "eu-central-1", access_key_id="id", secret_access_key="secret"),
    r2=R2Settings("account", "r2-bucket", "id", "secret"),
)


class OwnStore(MemoryStore):
    """A driver of somebody else's, which needs no settings."""


class ConfiguredStore(MemoryStore):
    """A driver of somebody else's, which needs settings."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root

    @classmethod
    def from_settings(cls, settings: Settings) -> "ConfiguredStore":
        return cls(settings.storage_root)


class HalfAStore:
    """A class that is no driver."""

    def get(self, key: str) -> bytes:
        return b""


def test_memory_is_memory() -> None:
    assert type(open_store("memory", ALL)) is MemoryStore


def test_filesystem_keeps_objects_below_the_root(tmp_path: Path) -> None:
    store = open_store("filesystem", Settings(storage_root=tmp_path / "deep" / "root"))
    store.put("a/b", b"1")

    assert type(store) is FilesystemStore
    assert (tmp_path / "deep" / "root" / "a" / "b").read_bytes() == b"1"


@pytest.mark.parametrize(
    ("driver", "kind", "bucket"), [("s3", S3Store, "s3-bucket"), ("r2", R2Store, "r2-bucket")]
)
def test_buckets_are_named_by_their_settings(driver: str, kind: type[S3Store], bucket: str) -> None:
    store = open_store(driver, ALL)

    assert isinstance(store, S3Store)
    assert (type(store), store.bucket) == (kind, bucket)
    store.client.close()


@pytest.mark.parametrize(("driver", "variable"), [("s3", "PRISM_S3_BUCKET"), ("r2", "PRISM_R2_BUCKET")])
def test_a_bucket_that_is_not_named_is_missed_by_its_variable(driver: str, variable: str) -> None:
    with pytest.raises(InvalidSettings, match=variable):
        open_store(driver, Settings())


def test_a_root_that_cannot_be_a_folder_is_told_by_its_variable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(InvalidSettings, match="STORAGE_ROOT"):
        open_store("filesystem", Settings(storage_root=tmp_path / "file"))


def test_a_class_of_ones_own_is_made_without_arguments() -> None:
    assert type(open_store(f"{__name__}:OwnStore", Settings())) is OwnStore


def test_a_class_of_ones_own_may_take_the_settings(tmp_path: Path) -> None:
    store = open_store(f"{__name__}:ConfiguredStore", Settings(storage_root=tmp_path))

    assert isinstance(store, ConfiguredStore)
    assert store.root == tmp_path


@pytest.mark.parametrize(
    ("driver", "complaint"),
    [
        pytest.param("gcs", "none of memory, filesystem, s3, r2, module:Class", id="unknown name"),
        pytest.param("", "none of memory", id="empty"),
        pytest.param(":Store", "none of memory", id="no module"),
        pytest.param("module:", "none of memory", id="no class"),
        pytest.param("no.such.module:Store", "cannot be loaded", id="unknown module"),
        pytest.param(f"{__name__}:NoStore", "cannot be loaded", id="unknown class"),
        pytest.param(f"{__name__}:ALL", "neither a class nor a function", id="not callable"),
        pytest.param(f"{__name__}:HalfAStore", "does not have every verb", id="not a store"),
    ],
)
def test_what_is_no_driver_is_refused_with_its_name(driver: str, complaint: str) -> None:
    with pytest.raises(InvalidSettings, match=complaint) as caught:
        open_store(driver, Settings())

    assert f"PRISM_STORAGE_DRIVER is `{driver}`" in str(caught.value)


def test_an_artifact_driver_is_refused_by_its_own_variable() -> None:
    with pytest.raises(InvalidSettings, match="PRISM_ARTIFACT_DRIVER is `gcs`"):
        open_store("gcs", Settings(artifact_driver="gcs"))


@pytest.mark.parametrize(
    ("driver", "loaded"), [("memory", False), ("filesystem", False), ("s3", True), ("r2", True)]
)
def test_the_sdk_is_loaded_only_by_a_driver_that_needs_it(driver: str, loaded: bool, tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from chalicelib.settings import R2Settings, S3Settings, Settings
import chalicelib.storage, chalicelib.storage.port, chalicelib.storage.testing
assert not {{"botocore", "boto3", "pytest"}} & set(sys.modules)
s3, r2 = S3Settings("b", "us-east-1"), R2Settings("a", "b", "id", "secret")
chalicelib.storage.open_store({driver!r}, Settings(storage_root=Path({str(tmp_path)!r}), s3=s3, r2=r2))
assert ("botocore" in sys.modules) is {loaded}
assert "pytest" not in sys.modules
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert ended.stderr == ""


def test_the_settings_know_the_same_drivers() -> None:
    from chalicelib import settings

    assert tuple(DRIVERS) == settings.DRIVERS
