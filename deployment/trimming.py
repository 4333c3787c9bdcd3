"""What the functions never load is not shipped, and what they load is shipped compiled: they start sooner.

Chalice builds the package from `requirements.txt`, which is also what a developer's machine installs. Of that the
functions need neither Chalice's command line (Chalice adds its runtime itself) nor boto3, and of botocore's
descriptions of every AWS service only S3's, without their prose: a function's credentials come from its environment.
Lambda keeps no bytecode from one start to the next, so it is shipped beside the sources.
"""

import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

NOT_SHIPPED: Final = ("chalice",)
INSTEAD: Final = {"boto3": "botocore"}
"""Only botocore is imported; boto3 of a version needs botocore of the same."""

DATA: Final = "botocore/data/"
ENDPOINTS: Final = f"{DATA}endpoints.json"
KEPT_SERVICES: Final = ("s3",)
NEVER_LOADED: Final = (
    "cffi/",
    "pycparser/",
    "google/api/",
    "google/cloud/",
    "google/logging/",
    "google/longrunning/",
    "google/type/",
)
"""Folders: of cffi only the compiled half is loaded, and of Google's messages none that are not sent by OTLP."""
NEVER_READ: Final = (".pyi", ".dist-info/RECORD")
"""Ends of files: what only type checkers and installers read."""
PROSE: Final = frozenset({"documentation", "documentationUrl"})
READABLE: Final = 0o644 << 16
LAMBDA_FOLDER: Final = "/var/task"
"""Where Lambda unpacks a package, and so what stands in tracebacks."""
EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can tell."""

_PIN: Final = re.compile(r"([A-Za-z0-9_.-]+)==(\S+)")


def shipped_requirements(text: str) -> str:
    """Answer the requirements of the functions, of those of a developer's machine."""
    pins = (_PIN.fullmatch(line.partition("#")[0].strip()) for line in text.splitlines())
    shipped = ((pin[1], pin[2]) for pin in pins if pin and pin[1] not in NOT_SHIPPED)
    return "".join(f"{INSTEAD.get(name, name)}=={version}\n" for name, version in shipped)


def is_shipped(name: str) -> bool:
    """Tell whether a file of the package is shipped, by its name in the package."""
    if "__pycache__" in name.split("/") or name.startswith(NEVER_LOADED) or name.endswith(NEVER_READ):
        return False
    service, nested, _ = name.removeprefix(DATA).partition("/")
    return not name.startswith(DATA) or not nested or service in KEPT_SERVICES


def trim(package: Path) -> None:
    """Rewrite a package with only what is shipped; equal contents make equal bytes."""
    trimmed = package.with_suffix(".trimmed")
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(package) as before:
        folder = Path(scratch)
        for name in before.namelist():
            if is_shipped(name) and not name.endswith("/"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(slimmed(name, before.read(name)))
        _compile(folder)
        with zipfile.ZipFile(trimmed, "w", zipfile.ZIP_DEFLATED) as after:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                _add(after, path.relative_to(folder).as_posix(), path.read_bytes())
    trimmed.replace(package)


def slimmed(name: str, data: bytes) -> bytes:
    """Answer a file as it is shipped: of botocore's descriptions, what S3 needs and nothing written for people."""
    if name == ENDPOINTS:
        return _compact(_of_kept_services(json.loads(data)))
    if name.startswith(DATA) and name.endswith(".json.gz"):
        return gzip.compress(_compact(_without_prose(json.loads(gzip.decompress(data)))), mtime=0)
    return data


def _compile(folder: Path) -> None:
    """Put bytecode beside the modules in a folder, for this Python, which Chalice also chooses for Lambda.

    It is never checked against the source. A process of its own compiles it, as bytecode depends on what else a process
    has loaded, and on the order of its sets.
    """
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    places = ["-s", str(folder), "-p", LAMBDA_FOLDER, str(folder)]
    subprocess.run([*command, *places], env={**os.environ, "PYTHONHASHSEED": "0"}, check=True)  # noqa: S603 - ours


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, EPOCH)
    info.external_attr = READABLE
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, data)


def _of_kept_services(endpoints: Any) -> Any:
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in KEPT_SERVICES if name in services}
    return endpoints


def _without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        # Emptied and not dropped, as botocore reads some of it.
        return {
            name: "" if name in PROSE and isinstance(kept, str) else _without_prose(kept)
            for name, kept in value.items()
        }
    return [_without_prose(item) for item in value] if isinstance(value, list) else value


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
