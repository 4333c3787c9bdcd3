"""The signing keys over HTTP: what npm is told, what an admin is told, and who may rotate them."""

import pytest

from chalicelib.domain.signing import FINISHED_LATE
from chalicelib.domain.times import moment, timestamp
from tests.api.callers import assert_problem
from tests.api.test_access import ADMIN, Guarded


@pytest.fixture
def client() -> Guarded:
    return Guarded()


def test_npm_is_told_every_key_in_its_own_form(client: Guarded) -> None:
    assert client.ask("GET", "/npm/-/npm/v1/keys", ADMIN).json == {"keys": []}
    client.ask("POST", "/v1/keys", ADMIN)
    rotated = client.ask("POST", "/v1/keys", ADMIN).json["keys"]

    told = client.ask("GET", "/npm/-/npm/v1/keys", client.token())

    late = timestamp(moment(rotated[1]["createdAt"]) + FINISHED_LATE)
    assert [key["state"] for key in rotated] == ["in force", "pending"]
    assert told.json == {
        "keys": [
            {
                "expires": late if "expires" in key else None,
                "keyid": key["keyid"],
                "keytype": "ecdsa-sha2-nistp256",
                "scheme": "ecdsa-sha2-nistp256",
                "key": key["public"],
            }
            for key in rotated
        ]
    }
    assert [key["expires"] for key in told.json["keys"]] == [late, None]
    assert told.headers["cache-control"] == "private, max-age=5"


def test_in_an_open_registry_everybody_may_read_the_keys_and_shared_caches_keep_them() -> None:
    told = Guarded("open").ask("GET", "/npm/-/npm/v1/keys")

    assert (told.status, told.headers["cache-control"]) == (200, "public, max-age=5")


def test_only_an_admin_lists_and_rotates_keys(client: Guarded) -> None:
    for method in ("GET", "POST"):
        assert_problem(client.ask(method, "/v1/keys"), 401, "authentication_required")
        assert_problem(client.ask(method, "/v1/keys", client.token("publish")), 403, "forbidden")
    assert not [key for key in client.world.stored() if "signing" in key]


def test_no_route_tells_a_secret(client: Guarded) -> None:
    client.ask("POST", "/v1/keys", ADMIN)
    ring = client.world.container.signing._keys.get()
    assert ring is not None
    address = "/packages/access/signing/keys.json"

    answers = [
        client.ask("GET", path, ADMIN) for path in ("/v1/keys", "/npm/-/npm/v1/keys", "/v1/audit", address)
    ]

    assert [answer.status for answer in answers] == [200, 200, 200, 404]
    assert not any(ring.newest.private.encode() in answer.body for answer in answers)


def test_a_rotation_is_in_the_audit_log(client: Guarded) -> None:
    [key] = client.ask("POST", "/v1/keys", ADMIN).json["keys"]

    [entry] = client.ask("GET", "/v1/audit", ADMIN).json["entries"]
    assert (entry["action"], entry["subject"], entry["by"]) == ("key.rotate", key["keyid"], "admin")
