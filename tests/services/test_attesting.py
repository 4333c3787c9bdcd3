"""Attesting: what is accepted is kept once, told once it is published, and judged by the root of the moment."""

import hashlib
import json
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.domain.access import Caller, implied
from chalicelib.domain.attestations import (
    AttestationCertificateUntrusted,
    AttestationExists,
    AttestationNotFound,
    AttestationNotLogged,
    InvalidTrustedRoot,
)
from chalicelib.npm.attestations.trust import default_root
from chalicelib.storage.testing import CountingStore
from tests.sigstore import SLSA, Sigstore, b64, statement
from tests.worlds import World, memory_world, package, publish

ROOT = Caller(name="root", scopes=implied(["admin"]), token="setting")
NAME, VERSION = "@acme/widget", "1.0.0"
SHA512 = hashlib.sha512(package(VERSION, name=NAME)).hexdigest()
KEY = "prism/attestations/@acme/widget/1.0.0.json"
OF_NO_VERSION = b64(Sigstore().ca.der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020107"), 1))


class Trusting:
    """A registry that trusts a Sigstore of its own."""

    def __init__(self) -> None:
        self.world: World = memory_world()
        self.sigstore = Sigstore()
        self.attesting = self.world.container.attesting
        self.attesting.trust(self.sigstore.root(), by=ROOT)

    def bundle(self, **told: Any) -> bytes:
        """Make a bundle about the package."""
        return json.dumps(self.sigstore.bundle(statement(NAME, VERSION, SHA512), **told)).encode()


@pytest.fixture
def trusting() -> Trusting:
    return Trusting()


def test_a_check_costs_one_conditional_read_and_keeps_nothing(trusting: Trusting) -> None:
    bundle = trusting.bundle()
    trusting.attesting.check(bundle, NAME, VERSION, SHA512)
    trusting.world.store.reset()

    accepted = trusting.attesting.check(bundle, NAME, VERSION, SHA512)

    assert accepted.predicate_type == SLSA
    assert [(call.verb, call.key, call.bytes_out) for call in trusting.world.store.calls] == [
        ("get", "prism/access/trusted-root.json", 0)
    ]


def test_what_was_kept_is_told_once_the_version_is_published(trusting: Trusting) -> None:
    bundle = trusting.bundle()
    trusting.attesting.keep(NAME, VERSION, bundle)

    with pytest.raises(AttestationNotFound):
        trusting.attesting.attestations(NAME, VERSION)
    publish(trusting.world.container, name=NAME)

    for container in (trusting.world.container, trusting.world.fresh()):
        [told] = container.attesting.attestations(NAME, VERSION)
        assert (told.predicate_type, told.bundle) == (SLSA, json.loads(bundle))


def test_what_is_told_of_a_version_is_where_npm_finds_its_bundle(trusting: Trusting) -> None:
    trusting.attesting.keep(NAME, VERSION, trusting.bundle())

    told = trusting.attesting.summary(NAME, VERSION)

    assert told == {
        "path": "-/npm/v1/attestations/@acme%2Fwidget@1.0.0",
        "provenance": {"predicateType": SLSA},
    }
    assert trusting.attesting.summary(NAME, "1.0.1") is None


def test_keeping_a_bundle_twice_changes_nothing_and_another_is_refused(trusting: Trusting) -> None:
    bundle = trusting.bundle()
    trusting.attesting.keep(NAME, VERSION, bundle)
    trusting.world.fresh().attesting.keep(NAME, VERSION, bundle)

    with pytest.raises(AttestationExists, match="publish a new version number"):
        trusting.world.fresh().attesting.keep(NAME, VERSION, trusting.bundle())
    kept = b"".join(trusting.world.medium.stream(KEY))
    assert json.loads(kept)["bundle"] == json.loads(bundle)


def test_until_a_root_is_set_it_is_sigstores_own_and_afterwards_only_the_one_that_was_set() -> None:
    container = memory_world().container
    sigstore = Sigstore()
    bundle = json.dumps(sigstore.bundle(statement(NAME, VERSION, SHA512))).encode()

    def check() -> None:
        container.attesting.check(bundle, NAME, VERSION, SHA512)

    with pytest.raises(AttestationNotLogged, match="prism trust set"):
        check()
    assert container.attesting.trusted().root == default_root()
    container.attesting.trust(sigstore.root(), by=ROOT)
    check()
    container.attesting.trust(Sigstore().root(), by=ROOT)
    with pytest.raises(AttestationNotLogged):
        check()
    container.attesting.reset_trust(by=ROOT)
    with pytest.raises(AttestationNotLogged):
        check()
    assert container.attesting.trusted().source == "default"


def test_a_root_that_another_process_set_counts_at_once(trusting: Trusting) -> None:
    bundle = trusting.bundle()
    warm = trusting.world.fresh()
    warm.attesting.check(bundle, NAME, VERSION, SHA512)

    other = Sigstore(certificate_log=None, rekor=trusting.sigstore.rekor, rekor2=trusting.sigstore.rekor2)
    trusting.world.fresh().attesting.trust(other.root(), by=ROOT)

    with pytest.raises(AttestationCertificateUntrusted):
        warm.attesting.check(bundle, NAME, VERSION, SHA512)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"mediaType": "application/json"}, id="another-type"),
        pytest.param({"certificateAuthorities": []}, id="nobody"),
        pytest.param(
            {"certificateAuthorities": [{"certChain": {"certificates": [{"rawBytes": "AAAA"}]}}]},
            id="no-certificate",
        ),
        pytest.param(
            {"certificateAuthorities": [{"certChain": {"certificates": [{"rawBytes": OF_NO_VERSION}]}}]},
            id="certificate-of-no-version",
        ),
        pytest.param(
            {"tlogs": [{"publicKey": {"rawBytes": "AAAA"}, "logId": {"keyId": "AAAA"}}]}, id="no-key"
        ),
        pytest.param(
            {"tlogs": [{"publicKey": {"rawBytes": "?"}, "logId": {"keyId": "AAAA"}}]}, id="no-base64"
        ),
        pytest.param({"ctlogs": 1}, id="no-list"),
    ],
)
def test_what_is_no_root_is_refused_and_nothing_is_changed(
    trusting: Trusting, change: dict[str, Any]
) -> None:
    before = trusting.attesting.trusted()

    with pytest.raises(InvalidTrustedRoot):
        trusting.attesting.trust(trusting.sigstore.root() | change, by=ROOT)

    assert trusting.attesting.trusted() == before


def test_a_root_with_a_time_that_cannot_be_is_refused(trusting: Trusting) -> None:
    root = trusting.sigstore.root()
    root["tlogs"][0]["publicKey"]["validFor"] = {"start": "yesterday"}

    with pytest.raises(InvalidTrustedRoot):
        trusting.attesting.trust(root, by=ROOT)


def test_changes_of_trust_are_written_down_before_they_are_made_and_repeats_are_none(
    trusting: Trusting,
) -> None:
    trusting.attesting.trust(trusting.sigstore.root(), by=ROOT)
    trusting.attesting.reset_trust(by=ROOT)
    trusting.attesting.reset_trust(by=ROOT)

    entries = (
        Container(trusting.world.settings, store=trusting.world.store).granting.log(after="", limit=9).entries
    )
    writes = [call.key.split("/")[2] for call in trusting.world.store.calls if call.verb == "put"]
    assert sorted(entry.action for entry in entries) == ["trust.reset", "trust.set"]
    assert writes == ["audit", "trusted-root.json", "audit", "trusted-root.json"]


def test_a_change_of_trust_that_has_to_be_made_again_is_written_down_once() -> None:
    world, rival = memory_world(), Sigstore().root()

    class Overtaken(CountingStore):
        """A medium on which another admin is faster the first time."""

        def put(self, key: str, data: bytes, **told: Any) -> str:
            if key == "prism/access/trusted-root.json" and not world.container.attesting.trusted().changed_by:
                world.container.attesting.trust(rival, by=Caller(name="rival", scopes=implied(["admin"])))
            return super().put(key, data, **told)

    slow = Container(world.settings, store=Overtaken(world.medium))
    slow.attesting.trust(Sigstore().root(), by=ROOT)

    entries = world.container.granting.log(after="", limit=9).entries
    assert sorted(entry.by for entry in entries) == ["rival", "root"]
