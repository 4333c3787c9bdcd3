"""Signing: one key whoever is first, signatures that repeat byte for byte, and npm's own verdict on all of it."""

import base64
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from chalicelib.api.npm.keys import NpmKey
from chalicelib.container import Container
from chalicelib.domain.access import Caller, implied
from chalicelib.domain.signing import FINISHED_LATE, KeyFacts, Signature
from chalicelib.domain.times import timestamp
from chalicelib.npm.signatures import keyid_of
from chalicelib.services.signing import ANNOUNCED, Signing
from chalicelib.storage.port import ObjectStore
from tests.cli.fake_registry import FakeRegistry, Reply, fake_registry
from tests.oracles.driver import ask
from tests.worlds import World, memory_world, package

START = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = Caller(name="root", scopes=implied(["admin"]), token="setting")
TARBALL = package("1.0.0", name="@acme/widget")
INTEGRITY = f"sha512-{base64.b64encode(hashlib.sha512(TARBALL).digest()).decode()}"
RING = "prism/access/signing/keys.json"


class Clocked:
    """A registry whose clock stands still until it is moved."""

    def __init__(self) -> None:
        self.world: World = memory_world()
        self.now = START
        self.signing = self.process()

    def process(self, store: ObjectStore | None = None) -> Signing:
        """Answer another process's signing."""
        store = store or self.world.store
        return Container(self.world.settings, store=store, now=lambda: self.now).signing

    def sign(
        self, at: datetime | None = None, version: str = "1.0.0", signing: Signing | None = None
    ) -> Signature:
        """Sign a version that was published at a moment, or now."""
        return (signing or self.signing).sign("@acme/widget", version, INTEGRITY, timestamp(at or self.now))

    def calls(self) -> list[tuple[str, str, int]]:
        """Answer what was asked of the store since the last time."""
        calls = [(call.verb, call.key, call.bytes_out) for call in self.world.store.calls]
        self.world.store.reset()
        return calls


@pytest.fixture
def clocked() -> Clocked:
    return Clocked()


def test_the_first_key_is_made_when_something_is_first_signed(clocked: Clocked) -> None:
    assert clocked.signing.public_keys() == []

    signed = clocked.sign()

    [key] = clocked.signing.public_keys()
    assert signed.keyid == key.keyid == keyid_of(base64.b64decode(key.public))
    assert (key.created_at, key.expires) == (timestamp(START), None)
    assert clocked.world.stored() == [RING]


def test_a_signature_repeats_byte_for_byte_in_any_process(clocked: Clocked) -> None:
    first = clocked.sign()

    clocked.now += timedelta(days=400)

    assert {clocked.sign(START), clocked.sign(START, signing=clocked.process())} == {first}
    assert clocked.sign(START, "1.0.1") != first


def test_of_many_who_make_the_first_key_at_once_one_wins_and_all_sign_with_it(clocked: Clocked) -> None:
    barrier = Barrier(8)

    def sign(_: int) -> Signature:
        signing = clocked.process()
        barrier.wait()
        return clocked.sign(signing=signing)

    with ThreadPoolExecutor(8) as pool:
        signatures = set(pool.map(sign, range(8)))

    [key] = clocked.signing.public_keys()
    assert {signature.keyid for signature in signatures} == {key.keyid}
    assert len(signatures) == 1


def test_a_publish_costs_one_conditional_read_and_what_is_older_costs_none(clocked: Clocked) -> None:
    clocked.sign()
    assert clocked.calls() == [("get", RING, 0), ("get", RING, 0), ("put", RING, 0)]

    clocked.now += timedelta(seconds=1)
    clocked.sign()
    assert clocked.calls() == [("get", RING, 0)]

    for age in range(3):
        clocked.sign(START - timedelta(days=age))
    assert clocked.calls() == []


def test_a_new_key_signs_from_five_minutes_later_on_and_the_old_one_expires_then(clocked: Clocked) -> None:
    old = clocked.sign()
    clocked.now += timedelta(days=1)
    begins = clocked.now + ANNOUNCED

    clocked.signing.rotate(by=ROOT)

    before, after = clocked.sign(begins - timedelta(milliseconds=1)), clocked.sign(begins)
    assert before == clocked.sign(START) == old
    assert after.keyid != old.keyid
    assert [(key.keyid, key.created_at, key.expires) for key in clocked.signing.public_keys()] == [
        (old.keyid, timestamp(START), timestamp(begins)),
        (after.keyid, timestamp(begins), None),
    ]


def test_a_warm_process_that_read_the_keys_before_a_rotation_signs_what_comes_after_it_with_the_new_one(
    clocked: Clocked,
) -> None:
    warm = clocked.process()
    old = clocked.sign(signing=warm)
    clocked.now += timedelta(days=1)
    clocked.process().rotate(by=ROOT)

    clocked.now += ANNOUNCED

    assert clocked.sign(signing=warm) == clocked.sign(signing=clocked.process())
    assert clocked.sign(signing=warm).keyid != old.keyid


def test_who_read_the_keys_just_before_a_rotation_has_signed_as_everybody_does_afterwards(
    clocked: Clocked,
) -> None:
    warm = clocked.process()
    clocked.sign(signing=warm)
    clocked.now += timedelta(days=1)
    signed = clocked.sign(signing=warm)

    clocked.process().rotate(by=ROOT)

    assert clocked.sign(signing=clocked.process()) == signed


def test_versions_older_than_the_first_key_are_signed_by_it(clocked: Clocked) -> None:
    first = clocked.sign().keyid
    clocked.signing.rotate(by=ROOT)

    assert clocked.sign(START - timedelta(days=1000)).keyid == first


def test_a_rotation_that_is_repeated_before_it_is_in_force_makes_no_other_key(clocked: Clocked) -> None:
    clocked.sign()

    once = clocked.signing.rotate(by=ROOT)
    clocked.now += ANNOUNCED / 2
    again = clocked.process().rotate(by=ROOT)
    clocked.now += ANNOUNCED
    later = clocked.process().rotate(by=ROOT)

    assert once == again
    assert [key.state for key in once.keys] == ["in force", "pending"]
    assert [key.state for key in later.keys] == ["expired", "in force", "pending"]


def test_rotating_before_anything_was_signed_makes_the_first_key(clocked: Clocked) -> None:
    [made] = clocked.signing.rotate(by=ROOT).keys

    assert made.state == "in force"
    assert clocked.sign().keyid == made.keyid


def test_many_rotations_at_once_make_one_key(clocked: Clocked) -> None:
    clocked.sign()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: clocked.process().rotate(by=ROOT), range(4)))

    assert len(clocked.signing.public_keys()) == 2


def test_a_rotation_is_written_down_before_it_is_made(clocked: Clocked) -> None:
    [made] = clocked.signing.rotate(by=ROOT).keys

    verbs = [(call.verb, call.key.split("/")[2]) for call in clocked.world.store.calls if call.verb == "put"]
    container = Container(clocked.world.settings, store=clocked.world.store)
    [entry] = container.granting.log(after="", limit=10).entries
    assert verbs == [("put", "audit"), ("put", "signing")]
    assert (entry.action, entry.subject, entry.by) == ("key.rotate", made.keyid, "root")


def test_no_secret_is_in_what_is_told_or_printed(clocked: Clocked) -> None:
    clocked.sign()
    ring = clocked.world.container.signing._keys.get()
    assert ring is not None
    secret = ring.newest.private

    told = [key.to_json_value() for key in (*clocked.signing.public_keys(), *clocked.signing.keys().keys)]

    assert secret not in repr((told, ring, ring.newest, clocked.signing.public_keys()))


class Npm:
    """A registry that serves one package, and npm that installs it and checks the signatures."""

    def __init__(self, registry: FakeRegistry) -> None:
        self._registry = registry
        self._cases: list[dict[str, Any]] = []
        self.damaged = f"{registry.url}/damaged.tgz"

    def case(
        self,
        signature: Signature,
        published: datetime,
        keys: list[KeyFacts],
        version: str = "1.0.0",
        **dist: str,
    ) -> None:
        """Serve a package as a registry of its own, and have npm install it."""
        number = len(self._cases)
        registry = f"{self._registry.url}/{number}/"
        name = "@acme/widget"
        signed = {
            "tarball": f"{registry}{name}/-/widget-{version}.tgz",
            "integrity": INTEGRITY,
            "signatures": [signature._asdict()],
        }
        manifest = {"name": name, "version": version, "dist": signed | dist}
        packument = {
            "name": name,
            "dist-tags": {"latest": version},
            "versions": {version: manifest},
            "time": {version: timestamp(published)},
        }
        self._registry.answer(f"GET /{number}/@acme%2fwidget", packument)
        public = [NpmKey.of(key).model_dump(mode="json") for key in keys]
        self._cases.append({"registry": registry, "spec": f"{name}@{version}", "keys": public})

    def verdicts(self) -> list[str]:
        """Answer npm's verdicts: `good`, or its error."""
        answers = ask("signatures", self._cases)
        assert all(len(answer.get("signatures", "x")) == 1 for answer in answers)
        return [answer.get("error", "good") for answer in answers]


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Npm]:
    with fake_registry() as registry:
        serve = registry.reply_to

        def reply(asked: Any) -> Reply:
            if not asked.target.endswith(".tgz"):
                return serve(asked)
            return Raw(TARBALL[:-1] if asked.target.endswith("damaged.tgz") else TARBALL)

        monkeypatch.setattr(registry, "reply_to", reply)
        yield Npm(registry)


class Raw(Reply):
    """Bytes as they are."""

    def body(self) -> bytes:
        """Answer the bytes."""
        return bytes(self.value)


def test_npm_accepts_what_is_signed_and_refuses_what_was_changed(clocked: Clocked, npm: Npm) -> None:
    signed = clocked.sign()
    keys = clocked.signing.public_keys()
    raw = base64.b64decode(signed.sig)
    flipped = Signature(signed.keyid, base64.b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode())
    other = Clocked()
    other.sign()

    npm.case(signed, START, keys)
    npm.case(flipped, START, keys)
    npm.case(signed, START, keys, version="1.0.1")
    npm.case(
        signed,
        START,
        keys,
        integrity=INTEGRITY.replace(INTEGRITY[10], "A" if INTEGRITY[10] != "A" else "B", 1),
    )
    npm.case(signed, START, other.signing.public_keys())
    npm.case(signed, START, keys, tarball=npm.damaged)
    npm.case(clocked.sign(version="1.0.1"), START, keys, version="1.0.1")

    assert npm.verdicts() == [
        "good",
        "EINTEGRITYSIGNATURE",
        "EINTEGRITYSIGNATURE",
        "EINTEGRITYSIGNATURE",
        "EMISSINGSIGNATUREKEY",
        "EINTEGRITY",
        "good",
    ]


def test_npm_accepts_every_version_before_and_after_rotations_and_each_key_only_for_its_time(
    clocked: Clocked, npm: Npm
) -> None:
    clocked.sign()
    for _ in range(2):
        clocked.now += timedelta(days=100)
        clocked.signing.rotate(by=ROOT)
    keys = clocked.signing.public_keys()
    second_begins = START + timedelta(days=100) + ANNOUNCED
    moments = [
        START - timedelta(days=9999),
        START,
        second_begins - timedelta(milliseconds=1),
        second_begins,
        START + timedelta(days=150),
        START + timedelta(days=200) + ANNOUNCED,
        START + timedelta(days=999),
    ]
    for at in moments:
        npm.case(clocked.sign(at), at, keys)
    npm.case(clocked.sign(second_begins), START, keys)
    npm.case(clocked.sign(START), second_begins + FINISHED_LATE - timedelta(milliseconds=1), keys)
    npm.case(clocked.sign(START), second_begins + FINISHED_LATE, keys)

    assert npm.verdicts() == ["good"] * (len(moments) + 2) + ["EEXPIREDSIGNATUREKEY"]
