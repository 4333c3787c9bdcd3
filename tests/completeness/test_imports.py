"""A cold start pays only for what it uses."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LATE = (
    "boto3",
    "botocore",
    "cryptography",
    "tarfile",
    "chalicelib.analyzers",
    "chalicelib.domain.tarball",
    "chalicelib.services.publishing",
    "chalicelib.api.packages",
    "chalicelib.domain.metadata",
    "chalicelib.cli",
)


def loaded_by(code: str) -> set[str]:
    """Answer the modules that a fresh interpreter has after running code."""
    probe = f"{code}\nimport sys; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", LATE)
def test_importing_the_app_does_not_import_what_only_some_requests_need(module: str) -> None:
    assert module not in loaded_by("import app")


def test_a_read_over_memory_imports_neither_the_sdk_nor_an_analyzer() -> None:
    code = (
        "import os; os.environ['PRISM_STORAGE_DRIVER'] = 'memory'\n"
        "from chalicelib.container import container\n"
        "from chalicelib.domain.names import PackageName\n"
        "from chalicelib.domain.errors import PackageNotFound\n"
        "try: container().browsing.page(PackageName('demo'))\n"
        "except PackageNotFound: pass\n"
        "else: raise SystemExit(1)"
    )

    loaded = loaded_by(code)

    assert {"boto3", "botocore", "chalicelib.analyzers"} & loaded == set()


MAKING = (
    "boto3",
    "botocore",
    "cryptography",
    "chalicelib.analyzers",
    "chalicelib.domain.metadata",
    "chalicelib.domain.tarball",
    "chalicelib.npm.attestations",
    "chalicelib.npm.declared",
    "chalicelib.npm.signatures",
    "chalicelib.services.attesting",
    "chalicelib.services.curating",
    "chalicelib.services.deriving",
    "chalicelib.services.executing",
    "chalicelib.services.npm.writing",
    "chalicelib.services.publishing",
    "chalicelib.services.signing",
)
"""What makes and signs what npm's clients read."""


@pytest.mark.parametrize("path", ["/npm/demo", "/npm/demo/1.0.0", "/npm/-/package/demo/dist-tags"])
def test_what_npm_reads_is_told_without_what_makes_it(path: str, tmp_path: Path) -> None:
    over = (
        "import os; os.environ['PRISM_STORAGE_DRIVER'] = 'filesystem'\n"
        f"os.environ['STORAGE_ROOT'] = {str(tmp_path)!r}\n"
    )
    loaded_by(
        f"{over}from chalicelib.container import container\n"
        "from tests.worlds import publish\n"
        "publish(container())\n"
    )

    loaded = loaded_by(
        f"{over}from app import app\n"
        "from chalicelib.api.requests import Request\n"
        f"answer = app.answer(Request('GET', {path!r}, headers={{'accept-encoding': 'gzip'}}))\n"
        "assert answer.status == 200, answer"
    )

    assert loaded & set(MAKING) == set()


def test_telling_keys_attestations_and_trust_imports_no_cryptography() -> None:
    code = (
        "import os; os.environ['PRISM_STORAGE_DRIVER'] = 'memory'\n"
        "from tests.api.callers import call\n"
        "from app import app\n"
        "for path, status in (('/npm/-/npm/v1/keys', 200), ('/npm/-/npm/v1/attestations/demo@1.0.0', 404)):\n"
        "    assert call(app, 'GET', path).status == status\n"
        "from chalicelib.container import container\n"
        "assert container().attesting.trusted().root and container().attesting.summary('demo', '1.0.0') is None\n"
    )

    loaded = loaded_by(code)

    assert {"chalicelib.services.signing", "chalicelib.services.attesting"} <= loaded
    assert "cryptography" not in loaded
