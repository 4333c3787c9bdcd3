"""The texts of versions: made when a version is published, or again from its pack where they are missing."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from chalicelib.domain.manifest import Manifest
from chalicelib.domain.package import Package
from chalicelib.npm.versions import Facts, VersionText, readme_path, version_text
from chalicelib.storage.port import ObjectNotFound
from chalicelib.stores.artifacts import Artifacts
from chalicelib.stores.manifests import Manifests
from chalicelib.stores.packuments import VersionTexts

Sign = Callable[[Manifest], Sequence[Mapping[str, str]]]
"""Answers the signatures of a version."""
Attest = Callable[[Manifest], Mapping[str, Any] | None]
"""Answers what `dist` tells of a version's attestations, or None where it has none."""


class Texts:
    """What npm's clients are told of each version; `signed` signs as `sign` does, and makes no key."""

    def __init__(
        self,
        texts: VersionTexts[VersionText],
        manifests: Manifests,
        artifacts: Artifacts,
        *,
        sign: Sign = lambda _: (),
        signed: Sign = lambda _: (),
        attest: Attest = lambda _: None,
    ) -> None:
        self._texts = texts
        self._manifests = manifests
        self._artifacts = artifacts
        self._sign = sign
        self._signed = signed
        self._attest = attest

    def settling(
        self, manifest: Manifest, package: Package, *, attested: bool = False, anew: bool = False
    ) -> Callable[[], VersionText]:
        """Read what a version's text is made of; answers what writes it under the claim, and answers the one it has.

        The package is not read any more then, so that its pack can be sent at the same time. `attested` tells that
        there may be an attestation, and `anew` that an earlier text may not tell of it yet.
        """
        readme = _readme(package)

        def settle() -> VersionText:
            facts = self._facts(manifest, self._sign, attested=attested)
            text = version_text(package.package_json, facts, frozenset(package.files), readme)
            with suppress(ValueError):  # there is one that cannot be read
                settled = self._texts.put_once(manifest.name, manifest.version, text.to_bytes())
                if not anew or settled == text:
                    return settled
            self._texts.replace(manifest.name, manifest.version, text.to_bytes())
            return text

        return settle

    def made(self, manifest: Manifest, package: Package, *, writes: bool = True) -> VersionText:
        """Answer the text that a version should have; unless it `writes`, no key is made to sign it."""
        facts = self._facts(manifest, self._sign if writes else self._signed, attested=True)
        return version_text(package.package_json, facts, frozenset(package.files), _readme(package))

    def get(self, name: str, version: str) -> VersionText | None:
        """Answer the text of a version, made of its pack where it is lost or damaged, or None without a pack."""
        try:
            found = self._texts.get(name, version)
        except ValueError:
            return self._made(name, version, anew=True)
        return found or self._made(name, version)

    def stored(self, name: str, version: str) -> bytes | None:
        """Answer the text of a version as the medium has it now, or None."""
        return self._texts.stored(name, version)

    def replace(self, name: str, version: str, text: VersionText) -> None:
        """Write the text of a version over one that is not what it should be."""
        self._texts.replace(name, version, text.to_bytes())

    def remove(self, name: str, version: str) -> None:
        """Remove the text of a version that is gone."""
        self._texts.remove(name, version)

    def _made(self, name: str, version: str, *, anew: bool = False) -> VersionText | None:
        try:
            text = self._made_of_pack(name, version)
        except ObjectNotFound:
            # Unpublished, while this process still knows where its files were.
            return None
        if text is None:
            return None
        write = self._texts.replace if anew else self._texts.put_once
        write(name, version, text.to_bytes())
        return text

    def _made_of_pack(self, name: str, version: str) -> VersionText | None:
        from chalicelib.domain.tarball import package_json

        stored, index = self._manifests.get(name, version), self._artifacts.index(name, version)
        if stored is None or index is None:
            return None
        path = readme_path(index.entries)
        read = self._artifacts.read_file
        readme = (path, read(name, version, index.entries[path])) if path else None
        fields = package_json.parse_package_json(read(name, version, index.entries[package_json.NAME]))
        facts = self._facts(stored.manifest, self._sign, attested=True)
        return version_text(fields, facts, frozenset(index.entries), readme)

    def _facts(self, manifest: Manifest, sign: Sign, *, attested: bool) -> Facts:
        """Answer what is told beside the package.json; nobody looks for attestations where there can be none."""
        return Facts(manifest, sign(manifest), self._attest(manifest) if attested else None)


def _readme(package: Package) -> tuple[str, bytes] | None:
    path = readme_path(package.files)
    return (path, package.read(path)) if path else None
