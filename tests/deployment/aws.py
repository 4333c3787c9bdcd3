"""An AWS account as moto plays it, mended where Chalice asks for what moto does not take.

Run as a program it serves on a free port, says which, and ends when its standard input does.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from tests.emulators import serving

REGION: Final = "eu-central-1"


@contextmanager
def aws() -> Iterator[str]:
    """Run an account of its own while the block runs; gives its address."""
    with serving(["-m", "tests.deployment.aws"]) as endpoint:
        yield endpoint


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
    """Let moto take what AWS takes: Swagger without a description, and another size of a function's storage."""
    from moto.apigateway.models import APIGatewayBackend
    from moto.awslambda.models import LambdaFunction

    import_api, put_api = APIGatewayBackend.import_rest_api, APIGatewayBackend.put_rest_api

    def with_description(self: Any, api_doc: Any, fail_on_warnings: Any) -> Any:
        described = {**api_doc, "info": {"description": "", **api_doc["info"]}}
        return import_api(self, described, fail_on_warnings)

    def without_swagger(self: Any, function_id: Any, api_doc: Any, *given: Any, **told: Any) -> Any:
        document = {name: value for name, value in api_doc.items() if name != "swagger"}
        return put_api(self, function_id, document, *given, **told)

    update = LambdaFunction.update_configuration

    def with_storage(self: Any, config_updates: Any) -> Any:
        if "EphemeralStorage" in config_updates:
            self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
        return update(self, config_updates)

    LambdaFunction.update_configuration = with_storage  # type: ignore[method-assign]  # a patch
    APIGatewayBackend.import_rest_api = with_description  # type: ignore[method-assign]  # a patch
    APIGatewayBackend.put_rest_api = without_swagger  # type: ignore[method-assign]  # a patch


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
