"""An AWS account as moto plays it, mended where Chalice asks for what moto does not take.

Run as a program it serves on a free port, says which, and ends when its standard input does.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

REGION: Final = "eu-central-1"


@contextmanager
def aws() -> Iterator[str]:
    """Run an account of its own while the block runs; gives its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.deployment.aws"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        assert port, f"the account ended with {process.wait()}"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        process.terminate()
        process.wait()
        process.stdout.close()


def variables(endpoint: str) -> dict[str, str]:
    """Answer the environment in which every client reaches the account."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "TZ") if name in os.environ}
    return {
        **kept,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _mend() -> None:
    """Let moto take the definition of an API that AWS takes from Chalice: Swagger, without a description."""
    from moto.apigateway.models import APIGatewayBackend

    import_api, put_api = APIGatewayBackend.import_rest_api, APIGatewayBackend.put_rest_api

    def with_description(self: Any, api_doc: Any, fail_on_warnings: Any) -> Any:
        described = {**api_doc, "info": {"description": "", **api_doc["info"]}}
        return import_api(self, described, fail_on_warnings)

    def without_swagger(self: Any, function_id: Any, api_doc: Any, *given: Any, **told: Any) -> Any:
        document = {name: value for name, value in api_doc.items() if name != "swagger"}
        return put_api(self, function_id, document, *given, **told)

    APIGatewayBackend.import_rest_api = with_description  # type: ignore[method-assign]
    APIGatewayBackend.put_rest_api = without_swagger  # type: ignore[method-assign]


def _serve() -> None:
    from moto.core.config import default_user_config
    from moto.server import ThreadedMotoServer

    _mend()
    # Functions are called and do nothing.
    default_user_config["lambda"]["use_docker"] = False
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    sys.stdout.write(f"{server.get_host_and_port()[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    _serve()
