"""Who may upload to a registry that asks for tokens, and what they see of others' uploads."""

import json
from collections.abc import Iterator
from typing import Final

import pytest

from tests.api.callers import assert_problem
from tests.api.uploads.talking import CHUNK, DOORS, TUS, Talker, described, talking
from tests.worlds import package

ADMIN: Final = "the-operators-own-token"
NEVER: Final = "/v1/uploads/0123456789ab/6d9f2c1e-0b8e-4a55-9c11-1f2f3a4b5c6d"


@pytest.fixture(params=DOORS)
def talker(request: pytest.FixtureRequest) -> Iterator[Talker]:
    """A client of a registry that asks for tokens, at either door."""
    with talking(request.param, access="token", admin_token=ADMIN) as client:
        yield client


def token(talker: Talker, name: str, scope: str = "publish", *packages: str) -> dict[str, str]:
    """Answer the header that carries a new token."""
    wanted = {"name": name, "scopes": [scope], **({"packages": list(packages)} if packages else {})}
    headers = {"Authorization": f"Bearer {ADMIN}", "Content-Type": "application/json"}
    made = talker.send("POST", "/v1/tokens", headers, json.dumps(wanted).encode())
    return {"Authorization": f"Bearer {made.json['token']}"}


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/uploads"), *((each, NEVER) for each in ("HEAD", "PATCH", "DELETE", "POST"))],
)
def test_without_a_token_nobody_uploads_and_pages_are_told_so(talker: Talker, method: str, path: str) -> None:
    answer = talker.send(method, path, {**TUS, **CHUNK, "Upload-Length": "1", "Upload-Offset": "0"})

    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/v1/uploads", NEVER])
def test_a_browser_asks_without_a_token(talker: Talker, path: str) -> None:
    assert talker.send("OPTIONS", path).status == 204


def test_an_upload_is_its_owners_alone(talker: Talker) -> None:
    mine, other, reader = (
        token(talker, name, scope) for name, scope in (("a", "publish"), ("b", "publish"), ("c", "read"))
    )
    address = talker.begin(5, **mine)

    for method, body in (("HEAD", b""), ("PATCH", b"hello"), ("DELETE", b"")):
        assert talker.tus(method, address, body, Upload_Offset="0", **other).status == 404
    assert talker.tus("POST", "/v1/uploads", Upload_Length="1", **reader).status == 403
    assert talker.tus("PATCH", address, b"hello", Upload_Offset="0", **mine).status == 204
    assert talker.tus("HEAD", address, **mine).headers["upload-offset"] == "5"


def test_a_token_for_other_packages_does_not_publish(talker: Talker) -> None:
    data = package(name="demo")
    wanted = {"Upload-Length": str(len(data)), **described(package="demo")}

    refused = talker.tus("POST", "/v1/uploads", data, **wanted, **token(talker, "a", "publish", "@other/*"))
    allowed = talker.tus("POST", "/v1/uploads", data, **wanted, **token(talker, "b", "publish", "demo"))

    assert_problem(refused, 403, "forbidden")
    assert allowed.status == 201
    assert allowed.headers["prism-job"]


def test_a_page_of_another_origin_publishes_with_a_token(talker: Talker) -> None:
    data = package(name="demo")

    begun = talker.tus(
        "POST",
        "/v1/uploads",
        data,
        Upload_Length=str(len(data)),
        Origin="https://page.example",
        **described(package="demo"),
        **token(talker, "a"),
    )

    assert begun.status == 201
