"""What the variables of a deployed function say holds from its first request, and what they lack is told."""

import json

import pytest

from tests.runtime.deployed import Deployed
from tests.runtime.function import UPLOADS_HANDLER
from tests.runtime.runtime_api import FunctionError
from tests.worlds import package

ADMIN = "prism-admin-0123456789abcdef0123456789abcdef"
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        pytest.param({"PRISM_S3_BUCKET": ""}, "PRISM_S3_BUCKET", id="no-bucket"),
        pytest.param({"PRISM_FILES": "both"}, "PRISM_FILES", id="unknown-value"),
        pytest.param({"PRISM_STAGE": "prod"}, "PRISM_ACCESS", id="open-in-production"),
    ],
)
def test_a_misconfigured_function_answers_which_variable_is_wrong(
    deployed: Deployed, variables: dict[str, str], named: str
) -> None:
    function = deployed.start(variables=variables)

    given = deployed.send("GET", "/v1/packages", to=function)

    assert (given.status, given.json["code"]) == (500, "misconfigured")
    assert named in given.json["detail"]


def test_a_misconfigured_event_function_fails_the_event_so_that_it_comes_again(deployed: Deployed) -> None:
    function = deployed.start(UPLOADS_HANDLER, variables={"PRISM_S3_BUCKET": ""})

    with pytest.raises(FunctionError, match="PRISM_S3_BUCKET"):
        deployed.announce("prism/incoming/a.tgz", to=function)


@pytest.fixture(scope="module")
def guarded(deployed: Deployed) -> Deployed:
    """The same deployment, asking for tokens as it does by default."""
    variables = {"PRISM_ACCESS": "", "PRISM_ADMIN_TOKEN": ADMIN}
    return Deployed(
        deployed.package,
        deployed.emulator,
        deployed.emulator.new_bucket(),
        deployed.logs,
        variables=variables,
        stack=deployed.stack,
    )


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}], ids=["none", "wrong"])
def test_without_a_token_that_is_known_nothing_is_answered(
    guarded: Deployed, headers: dict[str, str]
) -> None:
    given = guarded.send("GET", "/v1/packages", headers=headers)

    assert given.status == 401
    assert str(given.header("www-authenticate")).startswith("Bearer ")


def test_the_token_of_the_settings_makes_others_that_every_process_knows(guarded: Deployed) -> None:
    wanted = json.dumps({"name": "ci", "scopes": ["publish"], "packages": ["demo"]}).encode()
    admin = {"Authorization": f"Bearer {ADMIN}"}

    made = guarded.send("POST", "/v1/tokens", headers=JSON | admin, body=wanted)
    token = made.json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    published = guarded.publish("demo", package("1.0.0"), headers=headers, to=guarded.start())
    other = guarded.publish("other", package(name="other"), headers=headers)

    assert made.status == 201
    assert published.status == 201
    assert (other.status, other.json["code"]) == (403, "forbidden")


def test_no_token_is_written_to_the_log(guarded: Deployed) -> None:
    guarded.send("GET", "/v1/whoami", headers={"Authorization": f"Bearer {ADMIN}"})

    assert ADMIN not in guarded.api.said()
