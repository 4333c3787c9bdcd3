"""What npm's clients read over HTTP: every spelling, form, encoding and condition."""

import gzip
import json
from typing import Any, Final

import pytest

from chalicelib.stores import artifacts
from tests.api.callers import Received, assert_problem
from tests.api.npm.clients import ABBREVIATED, GZIP, REGISTRY, SHORT, SPELLINGS, Npm, open_world
from tests.api.test_registry import Addressed
from tests.worlds import publish, world

KIND: Final = "application/vnd.npm.install-v1+json"
NAMES: Final = [(name, spelling) for name, spellings in SPELLINGS.items() for spelling in spellings]


@pytest.fixture
def npm() -> Npm:
    return Npm()


def shown(answer: Received) -> Any:
    """Answer the document in an answer, as a client unpacks it."""
    packed = answer.headers.get("content-encoding") == "gzip"
    return json.loads(gzip.decompress(answer.body) if packed else answer.body)


def named(headers: dict[str, str]) -> dict[str, str]:
    """Answer headers with that of the host as it replaces the usual one."""
    return {("Host" if name == "host" else name): text for name, text in headers.items()}


class TestSpellings:
    """A scoped name is the same in every spelling, on every route."""

    @pytest.mark.parametrize(("name", "spelling"), NAMES)
    def test_every_route_takes_every_spelling(self, npm: Npm, name: str, spelling: str) -> None:
        assert npm.put(name=name).status == 201
        bare = name.rpartition("/")[2]

        assert shown(npm.get(f"/npm/{spelling}"))["name"] == name
        for wanted in ("1.0.0", "v1.0.0", "latest"):
            assert npm.get(f"/npm/{spelling}/{wanted}").json["_id"] == f"{name}@1.0.0"
        assert npm.get(f"/npm/{spelling}/-/{bare}-1.0.0.tgz").status == 200
        assert npm.get(f"/npm/-/package/{spelling}/dist-tags").json == {"latest": "1.0.0"}
        assert npm.get(f"/npm/-/package/{spelling}/visibility").json == {"public": True}
        assert npm.get(f"/npm/-/package/{spelling}/collaborators").json == {}
        assert npm.call("PUT", f"/npm/-/package/{spelling}/dist-tags/next", "1.0.0").status == 200
        assert npm.call("DELETE", f"/npm/-/package/{spelling}/dist-tags/next").json == {"latest": "1.0.0"}
        assert npm.call("PUT", f"/npm/{spelling}", npm.read(name)).status == 200
        owners = {"maintainers": [{"name": "anonymous"}]}
        assert npm.call("PUT", f"/npm/{spelling}/-rev/{npm.rev(name)}", owners).status == 200
        assert npm.call("DELETE", f"/npm/{spelling}/-rev/{npm.rev(name)}").status == 200
        assert npm.call("DELETE", f"/npm/{spelling}/-/{bare}-1.0.0.tgz/-rev/x").status == 200
        assert npm.get(f"/npm/{spelling}").status == 404

    @pytest.mark.parametrize("file", ["demo-1.0.0.tgz", "@acme%2fdemo-1.0.0.tgz", "@acme%2Fdemo-1.0.0.tgz"])
    def test_a_tarball_is_found_with_its_scope_and_without(self, npm: Npm, file: str) -> None:
        npm.put(name="@acme/demo")

        answer = npm.get(f"/npm/@acme%2fdemo/-/{file}")

        assert answer.status == 200
        assert answer.headers["content-type"] == "application/gzip"
        assert gzip.decompress(answer.body)

    @pytest.mark.parametrize(
        "file",
        ["demo-1.0.1.tgz", "other-1.0.0.tgz", "demo-1.0.0.zip", "demo-.tgz", "demo-..%2f1.tgz", "demo-1.tgz"],
    )
    def test_other_files_are_no_tarballs(self, npm: Npm, file: str) -> None:
        npm.put()

        assert_problem(npm.get(f"/npm/demo/-/{file}"), 404, "version_not_found")

    @pytest.mark.parametrize(
        ("address", "status"),
        [
            ("/npm/absent", 404),
            ("/npm/@acme%2fabsent", 404),
            ("/npm/absent/1.0.0", 404),
            ("/npm/demo/9.9.9", 404),
            ("/npm/demo/absent", 404),
            ("/npm/absent/-/absent-1.0.0.tgz", 404),
            ("/npm/-/package/absent/dist-tags", 404),
            ("/npm/-/package/absent/visibility", 404),
            ("/npm/-/package/absent/collaborators", 404),
            ("/npm/npm", 404),
            ("/npm/__proto__", 400),
            ("/npm/.hidden", 400),
            ("/npm/@acme", 400),
            ("/npm/-/absent", 404),
        ],
    )
    def test_what_is_not_there_is_said_in_the_member_that_npm_shows(
        self, npm: Npm, address: str, status: int
    ) -> None:
        npm.put()

        for headers in ({}, GZIP | ABBREVIATED):
            answer = npm.call("GET", address, headers=headers)
            assert answer.status == status
            assert answer.json["error"] == answer.json["detail"]

    def test_a_greeting_is_answered(self, npm: Npm) -> None:
        assert npm.get("/npm/-/ping").json == {}


class TestForms:
    """The abbreviated form is for who names it and would not rather have the full one."""

    @pytest.mark.parametrize(
        ("accept", "abbreviated"),
        [
            (None, False),
            ("*/*", False),
            ("application/json", False),
            (KIND, True),
            (SHORT, True),
            (f"{KIND};q=0.5, application/json;q=0.5", True),
            (f"{KIND};q=0.4, application/json;q=0.5", False),
            (f"{KIND};q=0", False),
            (f"{KIND};q=0.000, */*", False),
            (f"application/json, {KIND}", True),
            (f"application/json;q=0.9,{KIND} ; q=1.0", True),
            (f"{KIND.upper()}", True),
            (f"text/html, {KIND};level=1;q=0.3", True),
            ("application/vnd.npm.install-v2+json", False),
            ("application/*", False),
            (",,;q=1,", False),
            (f"{KIND};q=much", True),
        ],
    )
    def test_the_form_is_the_one_that_is_wanted(
        self, npm: Npm, accept: str | None, abbreviated: bool
    ) -> None:
        npm.put()

        answer = npm.call("GET", "/npm/demo", headers={"accept": accept} if accept else {})

        assert answer.headers["content-type"] == (KIND if abbreviated else "application/json")
        assert ("_rev" in shown(answer)) is not abbreviated

    @pytest.mark.parametrize(
        ("accepted", "compressed"),
        [
            (None, False),
            ("gzip", True),
            ("gzip, deflate, br, zstd", True),
            ("zstd,GZIP", True),
            ("*", True),
            ("br;q=1.0, *;q=0.5", True),
            ("gzip;q=0.1", True),
            ("gzip;q=0", False),
            ("gzip;q=0, *", False),
            ("*;q=0", False),
            ("identity", False),
            ("br", False),
            ("", False),
            ("x-gzip", False),
        ],
    )
    def test_the_encoding_is_one_that_is_accepted(
        self, npm: Npm, accepted: str | None, compressed: bool
    ) -> None:
        npm.put()

        answer = npm.call("GET", "/npm/demo", headers={"accept-encoding": accepted} if accepted else {})

        assert answer.headers.get("content-encoding") == ("gzip" if compressed else None)
        assert shown(answer)["name"] == "demo"

    def test_an_answer_says_what_it_depends_on_and_that_it_is_to_be_asked_for_again(self, npm: Npm) -> None:
        npm.put()

        first = npm.call("GET", "/npm/demo", headers=GZIP)
        again = npm.call("GET", "/npm/demo", headers=GZIP | {"if-none-match": first.headers["etag"]})

        for answer in (first, again):
            vary = [name.strip() for name in answer.headers["vary"].split(",")]
            assert {"Accept", "Accept-Encoding"} <= set(vary)
            assert len(set(vary)) == len(vary)
            assert "max-age=0" in answer.headers["cache-control"]
            assert "must-revalidate" in answer.headers["cache-control"]
        assert first.headers["x-content-type-options"] == "nosniff"

    def test_asking_for_what_is_about_to_be_written_is_asking(self, npm: Npm) -> None:
        npm.put()

        assert npm.read() == shown(npm.get("/npm/demo?write=true"))

    @pytest.mark.parametrize("headers", [{}, GZIP, ABBREVIATED, GZIP | ABBREVIATED])
    def test_head_tells_what_get_does_without_a_body(self, npm: Npm, headers: dict[str, str]) -> None:
        npm.put()

        got, told = (npm.call(method, "/npm/demo", headers=headers) for method in ("GET", "HEAD"))

        assert told.body == b""
        assert told.status == got.status
        assert told.headers == got.headers


class TestConditions:
    """A reader is told that nothing has changed exactly if they have what they would get."""

    VARIANTS: Final = [
        pytest.param({}, id="full and plain"),
        pytest.param(GZIP, id="full"),
        pytest.param(ABBREVIATED, id="abbreviated and plain"),
        pytest.param(GZIP | ABBREVIATED, id="abbreviated"),
    ]
    HOSTS: Final = [
        pytest.param({}, id="as the registry calls itself"),
        pytest.param({"host": "127.0.0.1:8000", "x-forwarded-proto": "http"}, id="by number"),
        pytest.param({"host": "localhost:8000", "x-forwarded-proto": "http"}, id="by another name"),
    ]

    def ask(self, npm: Npm, headers: dict[str, str], etag: str | None = None) -> Received:
        """Read the packument, in a new process."""
        npm.world.container = npm.world.fresh()
        condition = {"if-none-match": etag} if etag else {}
        return npm.call("GET", "/npm/demo", headers=named(headers) | condition)

    @pytest.mark.parametrize("host", HOSTS)
    @pytest.mark.parametrize("variant", VARIANTS)
    @pytest.mark.parametrize("spelling", ["{}", "W/{}"])
    def test_what_a_reader_has_is_not_sent_again(
        self, npm: Npm, variant: dict[str, str], host: dict[str, str], spelling: str
    ) -> None:
        npm.put()
        first = self.ask(npm, variant | host)
        again = self.ask(npm, variant | host, spelling.format(first.headers["etag"]))

        assert first.status == 200
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]

        npm.put("1.0.1")
        changed = self.ask(npm, variant | host, first.headers["etag"])

        assert changed.status == 200
        assert changed.headers["etag"] != first.headers["etag"]
        assert "1.0.1" in shown(changed)["versions"]

    def test_no_two_variants_share_an_etag_and_none_is_known_by_anothers(self, npm: Npm) -> None:
        npm.put()
        asked = [
            variant.values[0] | host.values[0]  # type: ignore[operator]
            for variant in self.VARIANTS
            for host in self.HOSTS
        ]
        etags = [self.ask(npm, headers).headers["etag"] for headers in asked]

        assert len(set(etags)) == len(asked)
        for headers, own in zip(asked, etags, strict=True):
            for etag in etags:
                assert self.ask(npm, headers, etag).status == (304 if etag == own else 200)
                warm = npm.call("GET", "/npm/demo", headers=named(headers) | {"if-none-match": etag})
                assert warm.status == (304 if etag == own else 200)

    @pytest.mark.parametrize("condition", ['"a", {}, "b"', '{}, "x"', "*"])
    @pytest.mark.parametrize("variant", VARIANTS)
    def test_conditions_of_several_are_kept(self, npm: Npm, variant: dict[str, str], condition: str) -> None:
        npm.put()
        etag = self.ask(npm, variant).headers["etag"]

        assert self.ask(npm, variant, condition.format(etag)).status == 304

    @pytest.mark.parametrize("condition", ['"', "", '""', "x", '"x', '"x~y"', '"-plain"', "W/", '"~"', '"é"'])
    def test_conditions_of_no_kind_are_passed_over(self, npm: Npm, condition: str) -> None:
        npm.put()

        assert self.ask(npm, {}, condition).status == 200

    @pytest.mark.parametrize("host", HOSTS)
    @pytest.mark.parametrize("variant", VARIANTS)
    def test_addresses_are_those_by_which_a_reader_knows_the_registry(
        self, npm: Npm, variant: dict[str, str], host: dict[str, str]
    ) -> None:
        npm.put()
        base = f"http://{host['host']}" if host else REGISTRY

        for _ in range(2):
            answer = self.ask(npm, variant | host)
            tarball = shown(answer)["versions"]["1.0.0"]["dist"]["tarball"]
            assert tarball == f"{base}/npm/demo/-/demo-1.0.0.tgz"
            single = npm.call("GET", "/npm/demo/1.0.0", headers=named(host))
            assert single.json["dist"]["tarball"] == tarball


class TestLarge:
    """A packument that is too large for a function is read from the medium."""

    @pytest.fixture
    def npm(self, monkeypatch: pytest.MonkeyPatch) -> Npm:
        monkeypatch.setattr("chalicelib.api.npm.packages.INLINE_BYTES", 300)
        assert artifacts.INLINE_BYTES > 300
        return Npm(world(open_world().settings, Addressed()))

    @pytest.mark.parametrize("variant", TestConditions.VARIANTS)
    def test_it_is_redirected_to(self, npm: Npm, variant: dict[str, str]) -> None:
        npm.put(description="x" * 2000)

        answer = npm.call("GET", "/npm/demo", headers=variant)

        assert answer.status == 302
        assert answer.headers["location"].startswith("https://bucket.example/prism/rendered/")
        assert answer.headers["cache-control"] == "no-store"
        assert {"Accept", "Accept-Encoding"} <= {name.strip() for name in answer.headers["vary"].split(",")}
        key = answer.headers["location"].removeprefix("https://bucket.example/").partition("?")[0]
        stored = npm.world.medium.get(key).data  # type: ignore[union-attr]
        assert json.loads(gzip.decompress(stored) if variant.keys() & GZIP else stored)["name"] == "demo"

    def test_what_was_redirected_to_stays_while_the_packument_goes_on(self, npm: Npm) -> None:
        npm.put()
        first = npm.call("GET", "/npm/demo", headers=GZIP).headers["location"]
        npm.put("1.0.1")
        second = npm.call("GET", "/npm/demo", headers=GZIP).headers["location"]

        assert first != second
        key = first.removeprefix("https://bucket.example/").partition("?")[0]
        assert "1.0.1" not in gzip.decompress(npm.world.medium.get(key).data).decode()  # type: ignore[union-attr]

    def test_head_is_answered_by_the_function(self, npm: Npm) -> None:
        npm.put()

        answer = npm.call("HEAD", "/npm/demo", headers=GZIP)

        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["etag"]

    def test_who_has_it_is_not_sent_anywhere(self, npm: Npm) -> None:
        npm.put()
        etag = npm.call("HEAD", "/npm/demo", headers=GZIP).headers["etag"]

        assert npm.call("GET", "/npm/demo", headers=GZIP | {"if-none-match": etag}).status == 304


class TestWithoutRenderings:
    """What was published before there were packuments, or whose rendering was lost, is rendered when it is read."""

    @pytest.mark.parametrize("form", ["full", "abbreviated"])
    @pytest.mark.parametrize("data", [None, b"", b"{}", b"\x1f\x8b\x08\x04" + bytes(30)])
    def test_a_packument_that_is_lost_or_damaged_is_made_again(
        self, npm: Npm, form: str, data: bytes | None
    ) -> None:
        npm.put()
        npm.put("1.0.1", tag="next")
        accept = ABBREVIATED if form == "abbreviated" else {}
        before = npm.call("GET", "/npm/demo", headers=GZIP | accept).body
        key = npm.world.container.keys.packument("demo", form)
        npm.world.medium.delete(key)
        if data is not None:
            npm.world.medium.put(key, data)
        npm.world.container = npm.world.fresh()

        assert npm.call("GET", "/npm/demo", headers=GZIP | accept).body == before

    def test_texts_of_versions_that_are_lost_are_made_of_their_packs(self, npm: Npm) -> None:
        for version in ("1.0.0", "1.0.1"):
            npm.put(version, files={"README.md": f"# {version}", "index.js": ""}, bin="./index.js")
        before = npm.read(), npm.get("/npm/demo/1.0.0").json
        for info in list(npm.world.medium.list(f"{npm.world.container.keys.prefix}npm/")):
            npm.world.medium.delete(info.key)  # type: ignore[union-attr]
        npm.world.container = npm.world.fresh()

        assert (npm.read(), npm.get("/npm/demo/1.0.0").json) == before

    def test_what_was_published_otherwise_is_read_as_well(self, npm: Npm) -> None:
        publish(npm.world.container, "1.0.0", name="@acme/demo")
        npm.publish("1.0.1", "@acme/demo")

        assert list(npm.read("@acme/demo")["versions"]) == ["1.0.0", "1.0.1"]
