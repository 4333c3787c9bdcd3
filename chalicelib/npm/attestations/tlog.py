"""Transparency logs: that a trusted log has an entry about this very signature, and when it took it in."""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from chalicelib.domain.attestations import NEW_KEYS, AttestationNotLogged
from chalicelib.npm.attestations.bundles import Entry, Envelope, Promise, Proof
from chalicelib.npm.attestations.entries import Logged, read_entry
from chalicelib.npm.attestations.keys import is_signed
from chalicelib.npm.attestations.merkle import leaf_hash, root_of
from chalicelib.npm.attestations.notes import read_checkpoint
from chalicelib.npm.attestations.roots import Log


def check_entry(entry: Entry, envelope: Envelope, certificate: bytes, logs: Sequence[Log]) -> datetime | None:
    """Hold an entry to be in a trusted log and about an envelope; answers when the log took it in, if it signed that.

    Raises AttestationNotLogged and AttestationUnsupported. Whatever the entry brings has to hold, the promise and the
    proof, and one of them is needed.
    """
    if entry.inclusion_promise is None and entry.inclusion_proof is None:
        raise AttestationNotLogged("the log's entry has neither a promise nor a proof that it is in the log")
    if entry.inclusion_promise is not None:
        _check_promise(entry, entry.inclusion_promise, logs)
    if entry.inclusion_proof is not None:
        _check_proof(entry, entry.inclusion_proof, logs)
    _check_about(read_entry(entry.kind_version, entry.canonicalized_body), envelope, certificate)
    return _moment(entry) if entry.inclusion_promise is not None and entry.integrated_time else None


def _check_promise(entry: Entry, promise: Promise, logs: Sequence[Log]) -> None:
    signed = {
        "body": base64.b64encode(entry.canonicalized_body).decode("ascii"),
        "integratedTime": entry.integrated_time,
        "logID": entry.log_id.key_id.hex(),
        "logIndex": entry.log_index,
    }
    data = json.dumps(signed, sort_keys=True, separators=(",", ":")).encode()
    moment = _moment(entry)
    if not any(
        log.log_id == entry.log_id.key_id
        and moment in log.period
        and is_signed(log.key, data, promise.signed_entry_timestamp)
        for log in logs
    ):
        raise AttestationNotLogged(
            f"the promise of the log's entry was not signed by a trusted log; {NEW_KEYS}"
        )


def _check_proof(entry: Entry, proof: Proof, logs: Sequence[Log]) -> None:
    if proof.checkpoint is None:
        raise AttestationNotLogged("the proof of the log's entry has no checkpoint")
    try:
        checkpoint = read_checkpoint(proof.checkpoint.envelope, logs)
    except ValueError as error:
        raise AttestationNotLogged(f"{error}; {NEW_KEYS}") from None
    root = root_of(leaf_hash(entry.canonicalized_body), proof.log_index, checkpoint.size, proof.hashes)
    if root is None or root != checkpoint.root:
        raise AttestationNotLogged(
            "the proof of the log's entry does not lead to the root that the log signed"
        )


def _check_about(logged: Logged, envelope: Envelope, certificate: bytes) -> None:
    if logged.signature != envelope.signature:
        raise AttestationNotLogged("the log's entry is about another signature")
    if logged.payload_sha256 != hashlib.sha256(envelope.payload).digest():
        raise AttestationNotLogged("the log's entry is about another payload")
    if logged.certificate != certificate:
        raise AttestationNotLogged("the log's entry is about a signature by another certificate")


def _moment(entry: Entry) -> datetime:
    try:
        return datetime.fromtimestamp(entry.integrated_time, UTC)
    except (OverflowError, ValueError, OSError):
        raise AttestationNotLogged("the log's entry has no time that can be") from None
