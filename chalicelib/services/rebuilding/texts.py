"""Texts: what npm's clients are told of a version, made again from its files, its manifest and the signing keys."""

from chalicelib.domain.rebuilding import Outcome, RebuildFinding
from chalicelib.npm.versions import VersionText
from chalicelib.services.publishing.opened import Opened
from chalicelib.services.rebuilding.earlier import Earlier
from chalicelib.services.rebuilding.inputs import Inputs
from chalicelib.services.rebuilding.values import Bench


def examine_text(bench: Bench, inputs: Inputs, opened: Opened, earlier: Earlier) -> RebuildFinding:
    """Compare a version's text with the one that follows from a sound manifest, and write it where it is another."""
    texts, name, version = bench.workshop.texts, opened.name, opened.version
    made, stored = make_text(bench, inputs, opened), texts.stored(name, version)
    outcome: Outcome = "equal"
    if stored != made.to_bytes():
        outcome = "missing" if stored is None else "corrupt"
        if not bench.check:
            texts.replace(name, version, made)
    earlier.tell_of_text(version, sound=outcome == "equal" or not bench.check)
    return RebuildFinding(kind="text", key=bench.keys.version_text(name, version), outcome=outcome)


def make_text(bench: Bench, inputs: Inputs, opened: Opened) -> VersionText:
    """Answer the text that a version should have; a check makes no key to sign it."""
    manifest = inputs.manifest.manifest
    return bench.workshop.texts.made(manifest, opened.package, writes=not bench.check)
