"""Tokens and trusted publishers: who is let in, and that no change goes unrecorded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from chalicelib.container import Container
from chalicelib.domain.access import (
    Caller,
    InvalidToken,
    PackageForbidden,
    Scope,
    implied,
)
from chalicelib.domain.errors import InvalidPayload, NameMismatch
from chalicelib.domain.manifest import Publisher
from chalicelib.domain.names import PackageName
from chalicelib.domain.patterns import PackagePatterns
from chalicelib.domain.publishers import PublisherNotAllowed
from chalicelib.domain.tokens import digest_of
from chalicelib.services.access import Access
from chalicelib.services.granting import Granting, NewToken
from chalicelib.services.publishing import PublishRequest
from chalicelib.storage.port import ObjectStore
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from chalicelib.stores.access import AuditLog, Publishers, Tokens
from tests.worlds import (
    ALICE,
    World,
    filesystem_world,
    memory_world,
    package,
    publish,
    r2_world,
    s3_world,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = Caller(name="root", scopes=implied(["admin"]), token="setting")
SETTING = "the-operators-own-token"


class Registry:
    """The access half of a registry, with a clock that stands still until it is moved."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or memory_world()
        self.now = START
        self.access = self.process(self.world.store)

    def process(self, store: ObjectStore) -> Access:
        """Answer another process's authentication."""
        tokens = Tokens(store, self.world.container.keys)
        return Access(tokens, admin_digest=digest_of(SETTING), now=lambda: self.now)

    def granting(self, store: ObjectStore | None = None) -> Granting:
        """Answer another process's granting."""
        store, keys = store or self.world.store, self.world.container.keys
        return Granting(
            Tokens(store, keys), Publishers(store, keys), AuditLog(store, keys), now=lambda: self.now
        )

    def token(self, *scopes: Scope, packages: list[str] | None = None, days: int | None = None) -> NewToken:
        """Make a token for `ci`."""
        lifetime = timedelta(days=days) if days else None
        return self.granting().create_token(
            "ci", scopes or ["read"], packages=packages, lifetime=lifetime, by=ROOT
        )

    def log(self) -> list[tuple[str, str]]:
        """Answer the log, the oldest first."""
        entries = self.granting().log(after="", limit=100).entries
        return [(entry.action, entry.subject) for entry in reversed(entries)]


@pytest.fixture
def registry() -> Registry:
    return Registry()


def test_whoever_brings_a_token_is_who_it_says(registry: Registry) -> None:
    made = registry.token("publish", packages=["@acme/*"], days=90)

    caller = registry.access.authenticate(made.token)

    assert (caller.name, caller.token) == ("ci", made.id)
    assert caller.scopes == {"read", "publish"}
    assert caller.packages == PackagePatterns(("@acme/*",))
    assert caller.expires_at == "2026-04-01T00:00:00.000Z"
    assert made.token not in repr(caller)


def test_the_token_of_the_settings_is_an_admins_and_costs_no_read(registry: Registry) -> None:
    caller = registry.access.authenticate(SETTING)

    assert (caller.name, caller.may("admin")) == ("admin", True)
    assert registry.world.store.calls == []


def test_without_such_a_setting_no_text_is_the_admins(registry: Registry) -> None:
    access = Access(registry.world.container.tokens, admin_digest=None, now=lambda: START)

    for text in ("", "-", digest_of("-"), SETTING):
        with pytest.raises(InvalidToken):
            access.authenticate(text)


def test_unknown_wrong_expired_and_revoked_tokens_are_refused_alike(registry: Registry) -> None:
    good, expiring, gone = registry.token(), registry.token(days=1), registry.token()
    registry.granting().revoke_token(gone.id, by=ROOT)
    registry.now += timedelta(days=1)
    wrong = good.token[:-1] + ("0" if good.token[-1] != "0" else "1")
    unknown = good.token.replace(good.id, "f" * 12)

    told = []
    for text in (unknown, wrong, expiring.token, gone.token, "nothing like a token"):
        with pytest.raises(InvalidToken) as refused:
            registry.access.authenticate(text)
        told.append((refused.value.detail, refused.value.facts))

    assert registry.access.authenticate(good.token).name == "ci"
    assert len(set(map(str, told))) == 1


def test_a_text_that_is_no_token_reaches_no_key(registry: Registry) -> None:
    for text in ("prism_../../heads/demo_" + "0" * 43, "prism_000000000000_" + "é" * 43, "x" * 10_000):
        with pytest.raises(InvalidToken):
            registry.access.authenticate(text)

    assert registry.world.store.calls == []


def test_a_revocation_counts_for_the_next_request_of_a_warm_process(registry: Registry) -> None:
    made = registry.token()
    registry.access.authenticate(made.token)

    registry.granting().revoke_token(made.id, by=ROOT)

    with pytest.raises(InvalidToken):
        registry.access.authenticate(made.token)


def test_a_warm_authentication_is_one_read_without_bytes(registry: Registry) -> None:
    made = registry.token()
    registry.access.authenticate(made.token)
    registry.world.store.reset()

    registry.access.authenticate(made.token)

    assert [(call.verb, call.bytes_out) for call in registry.world.store.calls] == [("get", 0)]


def test_the_text_of_a_token_is_nowhere_in_the_medium(registry: Registry) -> None:
    made = registry.token("publish")
    registry.granting().revoke_token(made.id, by=ROOT)

    secret = made.token.rpartition("_")[2].encode()
    stored = [registry.world.medium.get(key) for key in registry.world.stored()]

    assert len(stored) == 3
    assert all(secret not in found.data for found in stored)  # type: ignore[union-attr]  # read without a condition
    assert made.token not in repr(made)


@pytest.mark.parametrize(
    ("scopes", "packages", "name"),
    [
        pytest.param([], None, "ci", id="no-scope"),
        pytest.param(["admin"], ["@acme/*"], "ci", id="an-admin-of-some-packages"),
        pytest.param(["read"], [], "ci", id="no-packages"),
        pytest.param(["read"], ["@acme"], "ci", id="no-pattern"),
        pytest.param(["read"], None, "ci-*", id="a-name-for-many"),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(
    registry: Registry, scopes: list[Scope], packages: list[str] | None, name: str
) -> None:
    with pytest.raises(InvalidPayload):
        registry.granting().create_token(name, scopes, packages=packages, by=ROOT)

    assert registry.world.stored() == []


def test_an_id_that_is_taken_is_not_used_again(registry: Registry) -> None:
    store, keys = registry.world.store, registry.world.container.keys
    numbers = iter([b"\x01", b"\x0a", b"\x0e", b"\x01", b"\x0b", b"\x0f", b"\x02", b"\x0c", b"\x10"])
    sequence = Granting(
        Tokens(store, keys),
        Publishers(store, keys),
        AuditLog(store, keys),
        now=lambda: START,
        random_bytes=lambda size: next(numbers) * size,
    )

    first, second = (sequence.create_token("ci", ["read"], by=ROOT) for _ in range(2))

    assert (first.id, second.id) == ("01" * 6, "02" * 6)
    assert registry.access.authenticate(first.token).token == first.id


def test_revoking_twice_changes_and_records_nothing_more(registry: Registry) -> None:
    made = registry.token()
    registry.now += timedelta(days=1)

    first = registry.granting().revoke_token(made.id, by=ROOT)
    registry.now += timedelta(days=1)
    again = registry.granting().revoke_token(made.id, by=replace(ROOT, name="other"))

    assert first == again
    assert (first.revoked_at, first.revoked_by) == ("2026-01-02T00:00:00.000Z", "root")
    assert registry.log() == [("token.create", made.id), ("token.revoke", made.id)]


def test_lists_of_tokens_and_of_changes_are_paged(registry: Registry) -> None:
    made = [registry.token() for _ in range(3)]
    granting = registry.granting()

    first = granting.tokens(after="", limit=2)
    rest = granting.tokens(after=first.next or "", limit=2)
    newest = granting.log(after="", limit=2)
    oldest = granting.log(after=newest.next or "", limit=2)

    assert [facts.id for facts in (*first.tokens, *rest.tokens)] == sorted(token.id for token in made)
    assert [first.next is None, rest.next is None] == [False, True]
    assert len({entry.id for entry in (*newest.entries, *oldest.entries)}) == 3
    assert [newest.next is None, oldest.next is None] == [False, True]


def test_every_change_is_recorded_with_its_admin_and_their_token(registry: Registry) -> None:
    granting = registry.granting()
    made = registry.token("publish", packages=["@acme/*"])
    granting.allow_publisher("ci", ["@acme/*"], by=ROOT)
    granting.allow_publisher("ci", ["@acme/*"], by=ROOT)
    granting.remove_publisher("ci", by=ROOT)
    granting.revoke_token(made.id, by=ROOT)

    entries = granting.log(after="", limit=10).entries

    assert sorted(registry.log()) == [
        ("publisher.allow", "ci"),
        ("publisher.remove", "ci"),
        ("token.create", made.id),
        ("token.revoke", made.id),
    ]
    assert {(entry.by, entry.token) for entry in entries} == {("root", "setting")}
    assert [entry.details["packages"] for entry in entries if entry.action == "token.create"] == [["@acme/*"]]


@pytest.mark.parametrize("fault", [Fault.DEATH_BEFORE, Fault.DEATH_AFTER])
def test_death_at_any_storage_call_leaves_no_change_unrecorded(fault: Fault) -> None:
    for number in range(1, 50):
        registry = Registry()
        made = registry.token()
        dying = registry.granting(FaultyStore(registry.world.store, fault, at=number))
        try:
            dying.revoke_token(made.id, by=ROOT)
            dying.allow_publisher("alice", by=ROOT)
            dying.create_token("other", ["read"], by=ROOT)
        except Death:
            _assert_recorded(registry)
        else:
            assert number > 6
            return
    pytest.fail("the changes never came to their end")


def _assert_recorded(registry: Registry) -> None:
    granting, log = registry.granting(), registry.log()
    for token in granting.tokens(after="", limit=100).tokens:
        assert ("token.create", token.id) in log
        assert token.revoked_at is None or ("token.revoke", token.id) in log
    for line in granting.publishers().publishers:
        assert ("publisher.allow", line.name) in log


@pytest.fixture(params=["memory", "filesystem", "s3", "r2"])
def any_world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """A registry over each kind of medium."""
    if request.param == "memory":
        return memory_world()
    if request.param == "filesystem":
        return filesystem_world(tmp_path)
    emulator = request.getfixturevalue("s3_emulator")
    make = s3_world if request.param == "s3" else r2_world
    return make(emulator.endpoint, emulator.new_bucket())


def test_tokens_publishers_and_their_log_live_on_every_medium(any_world: World) -> None:
    registry = Registry(any_world)
    made, other = registry.token("publish"), registry.token()
    registry.access.authenticate(made.token)
    registry.now += timedelta(days=1)
    registry.granting().allow_publisher("ci", ["demo"], by=ROOT)
    registry.now += timedelta(days=1)
    registry.granting().revoke_token(made.id, by=ROOT)

    with pytest.raises(InvalidToken):
        registry.access.authenticate(made.token)
    assert registry.access.authenticate(other.token).name == "ci"
    assert [line.packages for line in registry.granting().publishers().publishers] == [["demo"]]
    assert {facts.id for facts in registry.granting().tokens(after="", limit=5).tokens} == {made.id, other.id}
    assert registry.log()[2:] == [("publisher.allow", "ci"), ("token.revoke", made.id)]


def allow(container: Container, name: str, *packages: str) -> None:
    """Put a publisher on the list."""
    container.granting.allow_publisher(name, packages or None, by=ROOT)


def test_with_a_list_only_those_on_it_publish() -> None:
    world = memory_world()
    allow(world.container, "Al*", "demo")
    before = world.stored()

    with pytest.raises(PublisherNotAllowed):
        publish(world.container, publisher=Publisher(name="Mallory"))
    with pytest.raises(PublisherNotAllowed):
        publish(world.container, name="other")
    assert world.stored() == before

    assert publish(world.container).created


def test_the_list_is_asked_for_uploads_too_which_leave_nothing() -> None:
    world = memory_world()
    allow(world.container, "ci")
    key = f"{world.container.keys.incoming}7d1c.tgz"
    world.medium.put(key, package())

    request = PublishRequest(publisher=ALICE, source="s3", upload=key)
    before = world.stored()
    with pytest.raises(PublisherNotAllowed):
        world.container.publishing.publish(request)
    assert world.stored() == before

    verdict = world.container.ingesting.ingest(key)
    assert verdict is not None
    assert (verdict.status, verdict.code) == ("refused", "publisher_not_allowed")


def test_a_refused_publisher_does_not_take_the_bytes_of_a_claim_from_another() -> None:
    world = memory_world()
    dying = FaultyStore(world.medium, Fault.DEATH_AFTER, at=1, within="/manifests/")
    with pytest.raises(Death):
        publish(world.fresh(dying))
    staged = [key for key in world.stored() if "/staged/" in key]
    allow(world.container, "Alice")
    key = f"{world.container.keys.incoming}7d1c.tgz"
    world.medium.put(key, package())

    with pytest.raises(PublisherNotAllowed):
        world.container.publishing.publish(
            PublishRequest(publisher=Publisher(name="Mallory"), source="s3", upload=key)
        )

    assert any("/manifests/" in found for found in world.stored())
    assert staged
    assert [found for found in world.stored() if "/staged/" in found] == staged


def test_the_list_is_asked_before_tags_deprecations_and_yanks() -> None:
    world = memory_world()
    publish(world.container)
    allow(world.container, "Alice")
    curating, name, seq = world.container.curating, PackageName("demo"), 1
    changes = (
        partial(curating.tag, name, "stable", "1.0.0"),
        partial(curating.deprecate, name, "1.0.0", "old"),
        partial(curating.yank, name, "1.0.0", "broken"),
        partial(curating.untag, name, "stable"),
    )

    for change in changes:
        with pytest.raises(PublisherNotAllowed):
            change(actor="Mallory")
        assert world.fresh().browsing.head(name).seq == seq
        seq = change(actor="Alice").seq


def test_the_list_hides_whether_a_package_exists() -> None:
    world = memory_world()
    publish(world.container)
    allow(world.container, "ci")

    def told(name: str) -> str:
        with pytest.raises(PublisherNotAllowed) as refused:
            world.container.curating.yank(PackageName(name), "1.0.0", "x", actor="Mallory")
        return refused.value.detail.replace(name, "…")

    assert told("demo") == told("none")


def test_a_publish_keeps_to_its_packages_by_the_name_in_the_tarball() -> None:
    world = memory_world()
    acme = PackagePatterns.parse(["@acme/*"])

    def request(name: str | None, data: bytes) -> PublishRequest:
        wanted = PackageName(name) if name else None
        return PublishRequest(publisher=ALICE, source="api", name=wanted, packages=acme, data=data)

    for refused, error in (
        (request(None, package(name="demo")), PackageForbidden),
        (request("demo", package(name="demo")), PackageForbidden),
        (request("@acme/a", package(name="demo")), NameMismatch),
    ):
        with pytest.raises(error):
            world.container.publishing.publish(refused)
        assert world.stored() == []

    assert world.container.publishing.publish(request(None, package(name="@acme/a"))).created


def test_a_name_that_differs_tells_nothing_of_what_is_there() -> None:
    world = memory_world()
    publish(world.container, name="secret")
    request = PublishRequest(publisher=ALICE, source="api", name=PackageName("demo"))

    def told(hidden: str, version: str) -> str:
        data = package(version, name=hidden)
        with pytest.raises(NameMismatch) as refused:
            world.container.publishing.publish(replace(request, data=data))
        facts = {name: fact for name, fact in refused.value.facts.items() if name != "job_id"}
        return f"{refused.value.detail} {facts}".replace(hidden, "…")

    assert told("secret", "1.0.0") == told("secret", "9.9.9") == told("nothing", "1.0.0")
