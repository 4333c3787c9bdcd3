"""The texts of versions: made when a version is published, or again from its pack where they are missing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.domain.manifest import Manifest
from chalicelib.domain.package import Package
from chalicelib.domain.tarball import package_json
from chalicelib.npm.versions import Facts, VersionText, readme_path, version_text
from chalicelib.stores.artifacts import Artifacts
from chalicelib.stores.manifests import Manifests
from chalicelib.stores.packuments import VersionTexts

Sign = Callable[[Manifest], Sequence[Mapping[str, str]]]
"""Answers the signatures of a version."""
Attest = Callable[[Manifest], Mapping[str, Any] | None]
"""Answers what `dist` tells of a version's attestations, or None where it has none."""


class Texts:
    """What npm's clients are told of each version."""

    def __init__(
        self,
        texts: VersionTexts[VersionText],
        manifests: Manifests,
        artifacts: Artifacts,
        *,
        sign: Sign = lambda _: (),
        attest: Attest = lambda _: None,
    ) -> None:
        self._texts = texts
        self._manifests = manifests
        self._artifacts = artifacts
        self._sign = sign
        self._attest = attest

    def settle(
        self, manifest: Manifest, package: Package, *, attested: bool = False, anew: bool = False
    ) -> VersionText:
        """Write the text of a version under its claim; answers the one it has.

        `attested` tells that there may be an attestation, and `anew` that an earlier text may not tell of it yet.
        """
        path = readme_path(package.files)
        readme = (path, package.read(path)) if path else None
        facts = self._facts(manifest, attested=attested)
        text = version_text(package.package_json, facts, frozenset(package.files), readme)
        settled = self._texts.put_once(manifest.name, manifest.version, text.to_bytes())
        if anew and settled != text:
            self._texts.replace(manifest.name, manifest.version, text.to_bytes())
            return text
        return settled

    def get(self, name: str, version: str) -> VersionText | None:
        """Answer the text of a version, made of its pack if need be, or None for one whose pack is gone."""
        return self._texts.get(name, version) or self._made(name, version)

    def remove(self, name: str, version: str) -> None:
        """Remove the text of a version that is gone."""
        self._texts.remove(name, version)

    def _made(self, name: str, version: str) -> VersionText | None:
        stored, index = self._manifests.get(name, version), self._artifacts.index(name, version)
        if stored is None or index is None:
            return None
        path = readme_path(index.entries)
        read = self._artifacts.read_file
        readme = (path, read(name, version, index.entries[path])) if path else None
        fields = package_json.parse_package_json(read(name, version, index.entries[package_json.NAME]))
        return self._written(
            self._facts(stored.manifest, attested=True), fields, frozenset(index.entries), readme
        )

    def _written(
        self,
        facts: Facts,
        fields: Mapping[str, Any],
        paths: frozenset[str],
        readme: tuple[str, bytes] | None,
    ) -> VersionText:
        text = version_text(fields, facts, paths, readme)
        return self._texts.put_once(facts.manifest.name, facts.manifest.version, text.to_bytes())

    def _facts(self, manifest: Manifest, *, attested: bool) -> Facts:
        """Answer what is told beside the package.json; nobody looks for attestations where there can be none."""
        return Facts(manifest, self._sign(manifest), self._attest(manifest) if attested else None)
