"""The package holds what the functions need, and little else."""

import json
import os
import subprocess
import sys
import zipfile
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

import pytest

from deployment.build import build, built_package
from deployment.package import package
from deployment.stage import EVENT_FUNCTIONS, read_stage
from deployment.trimming import is_shipped, shipped_requirements, trim
from tests.deployment.packages import chalices

MOST_BYTES: Final = 15_900_000
MOST_BYTES_WITH_SDK: Final = 17_100_000
SDK: Final = ("boto3", "botocore", "s3transfer")
HANDLERS: Final = ("app", *EVENT_FUNCTIONS)
PROGRAM: Final = """
import json, sys
import app
from chalicelib.npm.signatures import new_pair, sign
from chalicelib.settings import Settings
from chalicelib.storage import open_store
store = open_store("s3", Settings.from_env())
url = store.presign_get("prism/key", expires=60, filename="a b.tgz")
try:
    store.head("prism/key")
except Exception as error:
    refusal = type(error).__name__
print(json.dumps({
    "handlers": [name for name in sys.argv[1:] if callable(getattr(app, name))],
    "url": url,
    "refusal": refusal,
    "signature": sign(new_pair().private, "text"),
    "outside": [m.__file__ for m in list(sys.modules.values()) if "site-packages" in str(vars(m).get("__file__"))],
}))
"""


@pytest.fixture(scope="module")
def archive() -> Path:
    return chalices("prod", "cloudformation").zip


def names(archive: Path) -> list[str]:
    """Answer what a package holds."""
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_the_package_is_small(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        sdk = sum(info.compress_size for info in opened.infolist() if info.filename.startswith(SDK))

    assert archive.stat().st_size - sdk <= MOST_BYTES
    assert archive.stat().st_size <= MOST_BYTES_WITH_SDK


def test_the_package_holds_the_registry_and_none_of_its_tools(archive: Path) -> None:
    held = names(archive)
    tops = {name.partition("/")[0] for name in held}

    assert {
        "app.py",
        "chalicelib",
        "chalice",
        "pydantic",
        "pydantic_core",
        "isal",
        "semver",
        "botocore",
    } <= tops
    assert not tops & {
        "deployment",
        "tests",
        "docs",
        "localstack",
        "scripts",
        "storage",
        ".chalice",
        "serve.py",
    }
    assert not tops & {"boto3", "s3transfer", "pip", "setuptools", "click", "inquirer", "moto", "pytest"}
    assert {
        name.split("/")[2] for name in held if name.startswith("botocore/data/") and name.count("/") > 2
    } == {"s3"}


def test_every_module_is_shipped_with_bytecode_that_is_never_checked(archive: Path) -> None:
    held = set(names(archive))
    modules = {name for name in held if name.endswith(".py")}

    assert {name for name in held if name.endswith(".pyc")} == {cache_from_source(name) for name in modules}
    with zipfile.ZipFile(archive) as opened:
        flags = {opened.read(cache_from_source(name))[4:8] for name in modules}
    assert flags == {b"\x01\0\0\0"}, "PEP 552: by hash, unchecked"


def test_equal_contents_make_equal_bytes_whatever_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        package_file = tmp_path / f"{seed}.zip"
        with zipfile.ZipFile(package_file, "w") as opened:
            opened.writestr("module.py", "KNOWN = 'x' in {'a', 'b', 'c', 'd', 'e', 'f'}\n")
        trim(package_file)
        made.append(package_file.read_bytes())

    assert made[0] == made[1]


def test_the_compiled_libraries_are_for_lambda(archive: Path) -> None:
    libraries = [name for name in names(archive) if name.endswith(".so")]

    assert libraries
    assert all("cpython-311-x86_64-linux-gnu" in name or "abi3" in name for name in libraries)


def test_the_package_alone_can_do_what_functions_do() -> None:
    code = built_package("prod").code
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_FUNCTION_NAME": "prism-prod",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "session",
        "PRISM_STORAGE_DRIVER": "s3",
        "PRISM_S3_BUCKET": "bucket",
        "PRISM_S3_ENDPOINT": "http://127.0.0.1:1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(code)!r})\n{PROGRAM}",
            *HANDLERS,
        ],
        env=environment,
        cwd=code,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["handlers"] == list(HANDLERS)
    assert "X-Amz-Security-Token=session" in told["url"]
    assert told["refusal"] == "StorageUnavailable"
    assert told["signature"].startswith("ME"), "DER in base64"
    assert told["outside"] == []


def test_equal_sources_make_equal_packages(tmp_path: Path) -> None:
    first = build("prod", tmp_path / "first")
    second = build("prod", tmp_path / "second", "terraform")

    assert first.zip.read_bytes() == second.zip.read_bytes()


@pytest.mark.parametrize(
    ("package_format", "files"),
    [
        ("cloudformation", ["deployment.zip", "template.json"]),
        ("terraform", ["chalice.tf.json", "deployment.zip", "prism.tf.json"]),
    ],
)
def test_packaging_writes_everything_into_one_folder(
    tmp_path: Path, package_format: str, files: list[str]
) -> None:
    written = package(read_stage("dev"), tmp_path / "out", package_format)  # type: ignore[arg-type]  # one of the two

    assert sorted(path.name for path in written) == files
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == files


def test_requirements_of_a_developers_machine_are_not_shipped() -> None:
    text = "# comment\nchalice==1.34.0\nboto3==1.44.5  # why\npydantic==2.14.3\n"

    assert shipped_requirements(text) == "botocore==1.44.5\npydantic==2.14.3\n"


@pytest.mark.parametrize(
    ("name", "shipped"),
    [
        ("botocore/data/ec2/2016-11-15/service-2.json.gz", False),
        ("botocore/data/s3/2006-03-01/service-2.json.gz", True),
        ("botocore/data/endpoints.json", True),
        ("pydantic/__pycache__/main.cpython-311.pyc", False),
        ("pydantic/main.py", True),
        ("pycparser/c_parser.py", False),
        ("cffi/api.py", False),
        ("_cffi_backend.cpython-311-x86_64-linux-gnu.so", True),
        ("google/api/http_pb2.py", False),
        ("google/rpc/status_pb2.py", True),
        ("cryptography/hazmat/bindings/_rust/x509.pyi", False),
        ("cryptography-50.0.2.dist-info/RECORD", False),
        ("opentelemetry_sdk-1.45.2.dist-info/entry_points.txt", True),
    ],
)
def test_only_what_is_loaded_is_shipped(name: str, shipped: bool) -> None:
    assert is_shipped(name) is shipped
