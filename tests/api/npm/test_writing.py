"""What npm's clients change over HTTP: publish, deprecate, unpublish, tag and own."""

import json
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest

from chalicelib.container import Container
from chalicelib.settings import Limits, Settings
from chalicelib.stores.artifacts import INLINE_BYTES
from tests.api.callers import Received, assert_problem
from tests.api.npm.clients import ABBREVIATED, GZIP, Npm, document_for, open_world
from tests.api.test_registry import Addressed
from tests.worlds import package, world

if TYPE_CHECKING:
    from tests.builders import Content


@pytest.fixture
def npm() -> Npm:
    return Npm()


def assert_refused(answer: Received, status: int, code: str, *words: str) -> None:
    """Hold an answer to what npm shows of a failure."""
    document = assert_problem(answer, status, code)
    assert document["error"] == document["detail"]
    for word in words:
        assert word in document["error"]


class TestPublishing:
    """A version is published once, whole, and moves the tag that was sent and no other."""

    def test_a_version_is_published_with_its_tag(self, npm: Npm) -> None:
        answer = npm.put(name="@acme/demo", tag="next")

        assert answer.status == 201
        assert (answer.json["ok"], answer.json["id"], answer.json["created"]) == (True, "@acme/demo", True)
        assert npm.read("@acme/demo")["dist-tags"] == {"latest": "1.0.0", "next": "1.0.0"}
        assert answer.json["rev"] == npm.rev("@acme/demo")

    def test_the_same_again_changes_nothing(self, npm: Npm) -> None:
        npm.put()
        before = npm.read()

        again = npm.put()

        assert (again.status, again.json["created"]) == (200, False)
        assert npm.read() == before

    def test_other_bytes_under_the_same_number_are_refused(self, npm: Npm) -> None:
        npm.put()
        before = npm.read()

        assert_refused(npm.put(description="other"), 409, "version_exists", "1.0.0")
        assert npm.read() == before

    def test_tags_that_are_not_sent_stay(self, npm: Npm) -> None:
        npm.put()
        npm.call("PUT", "/npm/-/package/demo/dist-tags/stable", "1.0.0")

        npm.put("1.1.0", tag="next")

        assert npm.read()["dist-tags"] == {"latest": "1.0.0", "stable": "1.0.0", "next": "1.1.0"}

    def test_what_is_published_is_in_both_forms_at_once_and_for_every_process(self, npm: Npm) -> None:
        for version in ("1.0.0", "1.0.1", "1.0.2"):
            other = npm.world.fresh()
            npm.put(version)
            for accept in ({}, ABBREVIATED):
                assert version in npm.read(**accept)["versions"]
            npm.world.container = other
            for accept in ({}, ABBREVIATED):
                assert version in npm.read(**accept)["versions"]

    def test_the_tarball_is_the_one_that_was_sent(self, npm: Npm) -> None:
        npm.put(name="@acme/demo")

        tarball = npm.read("@acme/demo")["versions"]["1.0.0"]["dist"]["tarball"]
        answer = npm.get(tarball.removeprefix("http://registry.example"))

        assert answer.body == package(name="@acme/demo")

    @pytest.mark.parametrize(
        ("change", "status", "code", "word"),
        [
            (lambda d: d.update(name="other"), 409, "name_mismatch", "other"),
            (lambda d: d.update(versions={}), 400, "invalid_payload", "versions"),
            (lambda d: d["versions"].update({"1.0.1": {}}), 400, "invalid_payload", "versions"),
            (lambda d: d.update({"dist-tags": {"latest": "0.1.0"}}), 400, "invalid_payload", "0.1.0"),
            (lambda d: d.update({"dist-tags": {"1.x": "1.0.0"}}), 400, "invalid_tag", "1.x"),
            (
                lambda d: d["versions"]["1.0.0"]["dist"].update(integrity="sha512-AA=="),
                422,
                "integrity_mismatch",
                "SHA-512",
            ),
            (lambda d: d["versions"]["1.0.0"]["dist"].update(shasum="0"), 422, "integrity_mismatch", "SHA-1"),
            (
                lambda d: d["_attachments"]["demo-1.0.0.tgz"].update(length=1),
                400,
                "invalid_payload",
                "length",
            ),
            (
                lambda d: d["_attachments"]["demo-1.0.0.tgz"].update(data="%"),
                400,
                "invalid_payload",
                "base64",
            ),
            (lambda d: d["_attachments"].update({"b.tgz": {}}), 400, "invalid_payload", "2 files"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_left(
        self, npm: Npm, change: Callable[[Any], None], status: int, code: str, word: str
    ) -> None:
        document = document_for(package(), "demo", "1.0.0")
        change(document)
        before = npm.world.stored()

        assert_refused(npm.call("PUT", "/npm/demo", document), status, code, word)
        assert npm.world.stored() == before
        assert npm.get("/npm/demo").status == 404

    def test_a_tarball_of_another_version_or_name_is_refused(self, npm: Npm) -> None:
        other_version = document_for(package("1.0.1"), "demo", "1.0.0")
        other_name = document_for(package(name="other"), "demo", "1.0.0")

        assert_refused(npm.call("PUT", "/npm/demo", other_version), 409, "version_mismatch", "1.0.1")
        assert_refused(npm.call("PUT", "/npm/demo", other_name), 409, "name_mismatch", "other")
        assert npm.get("/npm/demo").status == npm.get("/npm/other").status == 404

    @pytest.mark.parametrize("name", ["__proto__", ".x", "node_modules", "a%20b", "@acme"])
    def test_names_that_are_none_are_refused(self, npm: Npm, name: str) -> None:
        answer = npm.call("PUT", f"/npm/{name}", document_for(package(), name, "1.0.0"))

        assert_refused(answer, 400, "invalid_name")

    @pytest.mark.parametrize("name", ["constructor", "prototype", "tostring", "hasownproperty"])
    def test_names_that_objects_have_are_names(self, npm: Npm, name: str) -> None:
        assert npm.put(name=name).status == 201
        assert npm.read(name)["dist-tags"] == {"latest": "1.0.0"}

    @pytest.mark.parametrize("tag", ["constructor", "prototype", "latest", "hasOwnProperty"])
    def test_tags_that_objects_have_are_tags(self, npm: Npm, tag: str) -> None:
        assert npm.put(tag=tag).status == 201
        assert npm.read()["dist-tags"][tag] == "1.0.0"

    def test_a_body_that_is_too_large_is_refused_with_what_works_instead(self) -> None:
        npm = Npm(open_world(limits=Limits(payload=2000)))

        answer = npm.put(files={"index.js": random.Random(0).randbytes(3000)})

        assert_refused(answer, 413, "payload_too_large")

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"", 400, "invalid_payload"),
            (b"[]", 400, "invalid_payload"),
            (b"{", 400, "invalid_payload"),
            (b'{"a":\xff}', 400, "invalid_payload"),
        ],
    )
    def test_what_is_no_document_is_refused(self, npm: Npm, body: bytes, status: int, code: str) -> None:
        headers = {"content-type": "application/json"}

        assert_refused(npm.call("PUT", "/npm/demo", body, headers), status, code)
        assert_refused(npm.call("PUT", "/npm/demo/-rev/1", body, headers), status, code)

    def test_a_content_type_that_is_none_is_refused(self, npm: Npm) -> None:
        answer = npm.call("PUT", "/npm/demo", b"{}", {"content-type": "text/plain"})

        assert_refused(answer, 415, "unsupported_media_type")

    @pytest.mark.parametrize(
        ("method", "address"),
        [
            ("POST", "/npm/demo"),
            ("DELETE", "/npm/demo"),
            ("PUT", "/npm/demo/1.0.0"),
            ("PUT", "/npm/demo/-/demo-1.0.0.tgz"),
            ("GET", "/npm/demo/-rev/1"),
            ("POST", "/npm/-/ping"),
            ("PATCH", "/npm/-/package/demo/dist-tags"),
        ],
    )
    def test_methods_that_nothing_is_done_by_are_refused(self, npm: Npm, method: str, address: str) -> None:
        npm.put()

        answer = npm.call(method, address, {} if method != "GET" else b"")

        assert answer.status in {404, 405}
        assert answer.json["error"] == answer.json["detail"]

    def test_a_document_without_a_tarball_publishes_nothing_and_does_not_say_it_did(self, npm: Npm) -> None:
        npm.put()
        document = document_for(package("1.0.1"), "demo", "1.0.1")
        document["_attachments"] = {}

        assert_refused(npm.call("PUT", "/npm/demo", document), 400, "invalid_payload", "1.0.1", "tarball")
        assert_refused(npm.call("PUT", "/npm/absent", document), 404, "package_not_found")


class TestDeprecating:
    """A message is put where its sender has put it, whatever happened since they read."""

    def read_for_writing(self, npm: Npm) -> Any:
        return npm.call("GET", "/npm/demo?write=true").json

    def test_messages_are_put_and_taken_away(self, npm: Npm) -> None:
        npm.put()
        npm.put("1.0.1")
        document = self.read_for_writing(npm)
        document["versions"]["1.0.0"]["deprecated"] = 'use "1.0.1" \u2028 \0'
        assert npm.call("PUT", "/npm/demo", document).status == 200
        for accept in ({}, ABBREVIATED):
            assert npm.read(**accept)["versions"]["1.0.0"]["deprecated"] == 'use "1.0.1" \u2028 \0'
            assert "deprecated" not in npm.read(**accept)["versions"]["1.0.1"]
        assert npm.get("/npm/demo/1.0.0").json["deprecated"] == 'use "1.0.1" \u2028 \0'

        document = self.read_for_writing(npm)
        document["versions"]["1.0.0"]["deprecated"] = ""
        npm.call("PUT", "/npm/demo", document)

        assert "deprecated" not in npm.read()["versions"]["1.0.0"]

    def test_what_was_published_and_tagged_meanwhile_stays(self, npm: Npm) -> None:
        npm.put()
        document = self.read_for_writing(npm)
        npm.put("1.0.1", tag="next")
        npm.call("PUT", "/npm/-/package/demo/dist-tags/stable", "1.0.1")
        document["versions"]["1.0.0"]["deprecated"] = "old"

        assert npm.call("PUT", "/npm/demo", document).status == 200

        after = npm.read()
        assert list(after["versions"]) == ["1.0.0", "1.0.1"]
        assert after["dist-tags"] == {"latest": "1.0.0", "next": "1.0.1", "stable": "1.0.1"}
        assert after["versions"]["1.0.0"]["deprecated"] == "old"

    def test_who_read_before_others_does_not_undo_what_they_said(self, npm: Npm) -> None:
        for version in ("1.0.0", "1.0.1", "1.0.2"):
            npm.put(version)
        mine, theirs = self.read_for_writing(npm), self.read_for_writing(npm)
        theirs["versions"]["1.0.0"]["deprecated"] = "theirs"
        theirs["versions"]["1.0.2"]["deprecated"] = "theirs too"
        npm.call("PUT", "/npm/demo", theirs)
        mine["versions"]["1.0.1"]["deprecated"] = "mine"
        mine["versions"]["1.0.2"]["deprecated"] = "mine too"
        npm.call("PUT", "/npm/demo", mine)

        messages = {version: told.get("deprecated") for version, told in npm.read()["versions"].items()}
        assert messages == {"1.0.0": "theirs", "1.0.1": "mine", "1.0.2": "mine too"}

    def test_a_stale_document_takes_no_message_away_that_it_has_not_seen(self, npm: Npm) -> None:
        npm.put()
        stale = self.read_for_writing(npm)
        npm.call("PUT", "/v1/packages/demo/1.0.0/deprecation", {"message": "beware"})

        npm.call("PUT", "/npm/demo", stale)

        assert npm.read()["versions"]["1.0.0"]["deprecated"] == "beware"

    def test_a_yank_stays_a_yank(self, npm: Npm) -> None:
        npm.put()
        npm.put("1.0.1")
        npm.call("PUT", "/v1/packages/demo/1.0.0/yank", {"reason": "leaks"})
        document = self.read_for_writing(npm)
        assert document["versions"]["1.0.0"]["deprecated"] == "yanked: leaks"
        document["versions"]["1.0.1"]["deprecated"] = "old"
        npm.call("PUT", "/npm/demo", document)
        before = npm.rev()

        assert npm.read()["versions"]["1.0.0"]["deprecated"] == "yanked: leaks"
        npm.call("PUT", "/npm/demo", self.read_for_writing(npm))
        assert npm.rev() == before

    @pytest.mark.parametrize("version", ["__proto__", "9.9.9", "constructor"])
    def test_versions_that_never_were_are_refused(self, npm: Npm, version: str) -> None:
        npm.put()
        document = self.read_for_writing(npm)
        document["versions"][version] = {"deprecated": "x"}

        assert_refused(npm.call("PUT", "/npm/demo", document), 400, "invalid_payload", version)

    def test_a_version_that_was_unpublished_meanwhile_is_passed_over(self, npm: Npm) -> None:
        npm.put()
        npm.put("1.0.1")
        document = self.read_for_writing(npm)
        npm.unpublish("1.0.1")
        for told in document["versions"].values():
            told["deprecated"] = "all"

        assert npm.call("PUT", "/npm/demo", document).status == 200
        assert {v: d["deprecated"] for v, d in npm.read()["versions"].items()} == {"1.0.0": "all"}

    @pytest.mark.parametrize("revision", [None, "", "x", "-1", "99999", "1e3", 3, "²", "1" * 5000])
    def test_a_revision_of_no_kind_is_taken_for_the_present_one(self, npm: Npm, revision: object) -> None:
        npm.put()
        document = self.read_for_writing(npm)
        document["_rev"] = revision
        document["versions"]["1.0.0"]["deprecated"] = "old"

        assert npm.call("PUT", "/npm/demo", document).status == 200
        assert npm.read()["versions"]["1.0.0"]["deprecated"] == "old"


class TestUnpublishing:
    """What is unpublished is gone at once, for everybody and for ever."""

    ADDRESSES: Final = [
        "/npm/{name}/{version}",
        "/npm/{name}/-/demo-{version}.tgz",
        "/v1/packages/{name}/{version}",
        "/v1/packages/{name}/{version}.tgz",
        "/v1/packages/{name}/{version}/files",
        "/v1/packages/{name}/{version}/diff/1.0.0",
        "/packages/{name}/{version}/index.js",
        "/packages/{name}/{version}/large.js",
        "/v1/resolve?spec={name}@{version}",
    ]

    def test_versions_go_as_npm_asks(self, npm: Npm) -> None:
        for version in ("1.0.0", "1.1.0", "2.0.0-rc.1"):
            npm.put(version, tag="next" if "-" in version else "latest")

        assert npm.unpublish("1.1.0") == [200, 200]

        shown = npm.read()
        assert list(shown["versions"]) == ["1.0.0", "2.0.0-rc.1"]
        assert shown["dist-tags"] == {"latest": "1.0.0", "next": "2.0.0-rc.1"}
        assert "1.1.0" in shown["time"]

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    @pytest.mark.parametrize("name", ["demo", "@acme/demo"])
    @pytest.mark.parametrize("medium", ["memory", "addressed"])
    def test_every_route_forgets_a_version_at_once_in_every_process(
        self, npm: Npm, name: str, method: str, medium: str
    ) -> None:
        if medium == "addressed":
            npm = Npm(world(open_world().settings, Addressed()))
        files: dict[str, Content] = {"index.js": "1", "large.js": "x" * (INLINE_BYTES + 1)}
        for version in ("1.0.0", "1.1.0"):
            npm.put(version, name=name, files=files)
        process = npm.world.container
        asked = []
        for template in self.ADDRESSES:
            for reader in (process, npm.world.fresh(), npm.world.fresh()):
                address = template.format(name=name.replace("/", "%2f"), version="1.1.0")
                first = self.ask(npm, reader, method, address)
                assert first.status in {200, 302}
                asked.append((reader, address, first.headers.get("etag")))
        # Of the two other processes, one asks whether anything has changed.
        conditions = [None, None, True] * len(self.ADDRESSES)

        npm.unpublish("1.1.0", name)

        for (reader, address, etag), conditional in zip(asked, conditions, strict=True):
            headers = {"if-none-match": etag} if etag and conditional else {}
            assert self.ask(npm, reader, method, address, headers).status == 404, (address, headers)
        for template in self.ADDRESSES:
            address = template.format(name=name.replace("/", "%2f"), version="1.0.0")
            assert self.ask(npm, process, method, address).status in {200, 302}

    def test_a_whole_package_goes(self, npm: Npm) -> None:
        npm.put()
        npm.put("1.1.0")
        mine, other = npm.world.container, npm.world.fresh()
        self.ask(npm, other, "GET", "/npm/demo")

        assert npm.call("DELETE", f"/npm/demo/-rev/{npm.rev()}").status == 200

        addresses = ["/npm/demo", "/npm/-/package/demo/dist-tags", "/npm/-/package/demo/visibility"]
        versions = [
            template.format(name="demo", version=version)
            for template in self.ADDRESSES
            for version in ("1.0.0", "1.1.0")
        ]
        for reader in (mine, other, npm.world.fresh()):
            for headers in ({}, GZIP, ABBREVIATED, GZIP | ABBREVIATED):
                assert self.ask(npm, reader, "GET", "/npm/demo", headers).status == 404
            for address in (*addresses, "/v1/packages/demo", *versions):
                assert self.ask(npm, reader, "GET", address).status == 404, address
            assert self.ask(npm, reader, "GET", "/npm/-/v1/search?text=demo").json["objects"] == []

    def test_a_number_is_never_given_again_and_others_are(self, npm: Npm) -> None:
        npm.put()
        npm.call("DELETE", f"/npm/demo/-rev/{npm.rev()}")

        assert_refused(npm.put(), 409, "version_exists")
        assert_refused(npm.put(description="other"), 409, "version_exists")
        assert npm.put("1.0.1").status == 201
        assert list(npm.read()["versions"]) == ["1.0.1"]
        assert npm.read()["dist-tags"] == {"latest": "1.0.1"}

    def test_who_has_read_too_early_is_told_to_read_again(self, npm: Npm) -> None:
        npm.put()
        document, revision = npm.read(), npm.rev()
        npm.put("1.0.1")
        document["versions"].pop("1.0.0")

        assert_refused(
            npm.call("PUT", f"/npm/demo/-rev/{revision}", document), 409, "revision_conflict", "again"
        )
        assert_refused(npm.call("DELETE", f"/npm/demo/-rev/{revision}"), 409, "revision_conflict")
        owners = {"maintainers": [{"name": "Bob"}]}
        assert_refused(npm.call("PUT", f"/npm/demo/-rev/{revision}", owners), 409, "revision_conflict")
        assert list(npm.read()["versions"]) == ["1.0.0", "1.0.1"]

    @pytest.mark.parametrize("revision", ["undefined", "0", "x", "01", "%20", "__proto__", "9" * 300])
    def test_a_revision_that_is_not_the_present_one_changes_nothing(self, npm: Npm, revision: str) -> None:
        npm.put()
        before = npm.read()

        assert npm.call("DELETE", f"/npm/demo/-rev/{revision}").status == 409
        assert npm.read() == before

    def test_a_tarball_is_only_confirmed_to_be_gone(self, npm: Npm) -> None:
        npm.put()

        answer = npm.call("DELETE", "/npm/demo/-/demo-1.0.0.tgz/-rev/1")

        assert_refused(answer, 404, "version_not_found")
        assert npm.get("/npm/demo/-/demo-1.0.0.tgz").status == 200

    def test_what_is_gone_leaves_no_bytes(self, npm: Npm) -> None:
        npm.put(files={"index.js": "", "README.md": "x"})
        npm.put("1.0.1")
        npm.unpublish("1.0.0")

        left = [key for key in npm.world.stored() if "1.0.0" in key]

        keys = npm.world.container.keys
        assert left == sorted([keys.manifest("demo", "1.0.0"), keys.metadata("demo", "1.0.0")])

    def ask(
        self, npm: Npm, reader: Container, method: str, address: str, headers: dict[str, str] | None = None
    ) -> Received:
        """Ask a process."""
        mine, npm.world.container = npm.world.container, reader
        try:
            return npm.call(method, address, headers=headers)
        finally:
            npm.world.container = mine


class TestTagsAndOwners:
    """Tags and owners, as npm changes them."""

    def test_tags_are_put_read_and_removed(self, npm: Npm) -> None:
        npm.put()
        npm.put("1.0.1")

        assert npm.call("PUT", "/npm/-/package/demo/dist-tags/old", "1.0.0").json == {
            "latest": "1.0.1",
            "old": "1.0.0",
        }
        assert npm.call("PUT", "/npm/-/package/demo/dist-tags/latest", "1.0.0").status == 200
        assert npm.get("/npm/-/package/demo/dist-tags").json == {"latest": "1.0.0", "old": "1.0.0"}
        assert npm.call("DELETE", "/npm/-/package/demo/dist-tags/old").json == {"latest": "1.0.0"}
        for accept in ({}, ABBREVIATED):
            assert npm.read(**accept)["dist-tags"] == {"latest": "1.0.0"}

    @pytest.mark.parametrize(
        ("method", "tag", "body", "status", "code"),
        [
            ("PUT", "next", "9.9.9", 404, "version_not_found"),
            ("PUT", "next", "^1.0.0", 400, "invalid_version"),
            ("PUT", "next", "", 400, "invalid_version"),
            ("PUT", "next", {"a": 1}, 400, "invalid_payload"),
            ("PUT", "next", None, 400, "invalid_payload"),
            ("PUT", "1.x", "1.0.0", 400, "invalid_tag"),
            ("DELETE", "latest", b"", 400, "invalid_tag"),
            ("DELETE", "absent", b"", 404, "tag_not_found"),
            ("DELETE", "constructor", b"", 404, "tag_not_found"),
        ],
    )
    def test_what_is_wrong_with_a_tag_is_said(
        self, npm: Npm, method: str, tag: str, body: object, status: int, code: str
    ) -> None:
        npm.put()

        assert_refused(npm.call(method, f"/npm/-/package/demo/dist-tags/{tag}", body), status, code)
        assert npm.read()["dist-tags"] == {"latest": "1.0.0"}

    def test_owners_are_told_and_rule(self, npm: Npm) -> None:
        npm.put(headers={"x-prism-publisher-name": "Alice"})
        owners = {"maintainers": [{"name": "Alice", "email": "a@x"}, {"name": "Bob", "email": ""}]}
        as_alice, as_eve = {"x-prism-publisher-name": "Alice"}, {"x-prism-publisher-name": "Eve"}

        assert npm.call("PUT", f"/npm/demo/-rev/{npm.rev()}", owners, as_alice).status == 200

        assert npm.read()["maintainers"] == [{"name": "Alice", "email": ""}, {"name": "Bob", "email": ""}]
        assert npm.get("/npm/-/package/demo/collaborators").json == {
            "Alice": "read-write",
            "Bob": "read-write",
        }
        before = npm.read()
        document = npm.read()
        document["versions"]["1.0.0"]["deprecated"] = "x"
        refused = [
            npm.put("1.0.1", headers=as_eve),
            npm.call("PUT", "/npm/demo", document, as_eve),
            npm.call("DELETE", f"/npm/demo/-rev/{npm.rev()}", headers=as_eve),
            npm.call("PUT", f"/npm/demo/-rev/{npm.rev()}", owners, as_eve),
            npm.call("PUT", "/npm/-/package/demo/dist-tags/next", "1.0.0", as_eve),
            npm.call("DELETE", "/npm/-/package/demo/dist-tags/next", headers=as_eve),
        ]
        for answer in refused:
            assert_refused(answer, 403, "not_an_owner", "Alice", "npm owner add")
        assert npm.read() == before
        assert npm.put("1.0.1", headers=as_alice).status == 201

    def test_a_package_always_has_an_owner_left(self, npm: Npm) -> None:
        npm.put()

        answer = npm.call("PUT", f"/npm/demo/-rev/{npm.rev()}", {"maintainers": []})

        assert_refused(answer, 400, "invalid_payload", "owner")


class TestAccess:
    """Who has a token for some packages reads and changes those alone, and learns of no others."""

    ADMIN: Final = "the-operators-own-token"

    @pytest.fixture
    def npm(self) -> Npm:
        settings = Settings(
            storage_driver="memory",
            registry_url="http://registry.example",
            access="token",
            admin_token=self.ADMIN,
        )
        return Npm(world(settings))

    def token(self, npm: Npm, scope: str, *packages: str) -> dict[str, str]:
        """Make a token, and answer the headers of who has it."""
        body = {"name": "ci", "scopes": [scope], "packages": list(packages)}
        made = npm.call("POST", "/v1/tokens", body, self.bearer(self.ADMIN))
        return self.bearer(made.json["token"])

    def bearer(self, token: str) -> dict[str, str]:
        return {"authorization": f"Bearer {token}"}

    def test_nobody_reads_or_writes_without_a_token(self, npm: Npm) -> None:
        npm.put(headers=self.bearer(self.ADMIN))

        for method, address, body in (
            ("GET", "/npm/demo", b""),
            ("GET", "/npm/absent", b""),
            ("GET", "/npm/demo/1.0.0", b""),
            ("GET", "/npm/demo/-/demo-1.0.0.tgz", b""),
            ("GET", "/npm/-/package/demo/dist-tags", b""),
            ("GET", "/npm/-/package/demo/visibility", b""),
            ("GET", "/npm/-/v1/search", b""),
            ("PUT", "/npm/demo", {}),
            ("PUT", "/npm/demo/-rev/1", {}),
            ("DELETE", "/npm/demo/-rev/1", b""),
            ("PUT", "/npm/-/package/demo/dist-tags/next", "1.0.0"),
        ):
            answer = npm.call(method, address, body)
            assert_refused(answer, 401, "authentication_required")
            assert answer.headers["www-authenticate"].startswith("Bearer")

    def test_other_packages_are_as_if_they_were_not(self, npm: Npm) -> None:
        for name in ("@acme/mine", "@other/theirs"):
            npm.put(name=name, headers=self.bearer(self.ADMIN))
        mine = self.token(npm, "read", "@acme/*")

        for path in ("{}", "{}/1.0.0", "{}/-/theirs-1.0.0.tgz"):
            theirs = npm.call("GET", "/npm/" + path.format("@other%2ftheirs"), headers=mine)
            absent = npm.call("GET", "/npm/" + path.format("@other%2fabsent"), headers=mine)
            assert theirs.status == absent.status == 404
            assert json.loads(theirs.body.replace(b"theirs", b"absent")) == absent.json
        answer = npm.call("GET", "/npm/@acme%2fmine", headers=mine | GZIP)
        assert answer.status == 200
        assert "Authorization" in answer.headers["vary"]
        assert "private" in answer.headers["cache-control"]
        found = npm.call("GET", "/npm/-/v1/search?text=", headers=mine).json
        assert [result["package"]["name"] for result in found["objects"]] == ["@acme/mine"]

    def test_who_may_publish_some_packages_changes_no_others(self, npm: Npm) -> None:
        npm.put(name="@other/theirs", headers=self.bearer(self.ADMIN))
        mine = self.token(npm, "publish", "@acme/*")
        data = document_for(package("2.0.0", name="@other/theirs"), "@other/theirs", "2.0.0")

        for method, address, body in (
            ("PUT", "/npm/@other%2ftheirs", data),
            ("PUT", "/npm/@other%2ftheirs/-rev/1", {"versions": {}}),
            ("DELETE", "/npm/@other%2ftheirs/-rev/1", b""),
            ("PUT", "/npm/-/package/@other%2ftheirs/dist-tags/next", "1.0.0"),
            ("DELETE", "/npm/-/package/@other%2ftheirs/dist-tags/next", b""),
        ):
            assert npm.call(method, address, body, mine).status == 403
        assert npm.put(name="@acme/mine", headers=mine).status == 201

    def test_who_may_only_read_changes_nothing(self, npm: Npm) -> None:
        npm.put(headers=self.bearer(self.ADMIN))
        reads = self.token(npm, "read", "*")

        assert_refused(npm.put("1.0.1", headers=reads), 403, "forbidden")
        assert npm.call("DELETE", "/npm/demo/-rev/2", headers=reads).status == 403

    def test_whether_a_package_is_public_depends_on_the_registry(self, npm: Npm) -> None:
        admin = self.bearer(self.ADMIN)
        npm.put(headers=admin)

        assert npm.call("GET", "/npm/-/package/demo/visibility", headers=admin).json == {"public": False}
        assert npm.call("GET", "/npm/-/package/demo/access", headers=admin).json == {"access": "restricted"}
