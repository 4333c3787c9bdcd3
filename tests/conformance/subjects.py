"""What is asked about: packages, made from a seed or installed, and Prism's own answer for each question."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chalicelib.domain.digests import TarballHasher
from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.manifest import EntryFields
from chalicelib.domain.package import FileRecord, Package
from chalicelib.domain.resolution.entry import Entry, resolve_entry
from chalicelib.domain.resolution.fields import entry_fields
from chalicelib.domain.resolution.imports import resolve_import
from chalicelib.domain.resolution.profiles import Mode, Profile
from tests.conformance.grammar import Case
from tests.conformance.runtimes import ASKER, Question

_NO_DIGESTS: Final = TarballHasher().digests()


class NamedFields(EntryFields):
    """The fields that decide what is imported, and the package's name."""

    name: str


@dataclass(frozen=True)
class Subject:
    """One package as Prism knows it, and the subpaths (or names with `#`) that it is asked for."""

    name: str
    fields: NamedFields
    files: Collection[str]
    package_json: Mapping[str, Any]
    subpaths: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    """What the package asks for itself: names with `#`, or subpaths of its own name."""

    def questions(self) -> Iterator[tuple[Question, str]]:
        """Answer each question with the subpath or name in it."""
        for subpath in self.subpaths:
            yield ("", self.name + subpath[1:]), subpath
        for wanted in self.inside:
            yield (self.name, wanted if wanted.startswith("#") else self.name + wanted[1:]), wanted

    def entry(self, wanted: str, profile: Profile, mode: Mode) -> Entry | None:
        """Answer what Prism says is loaded from this package; None for an error and for what lies outside."""
        try:
            if wanted.startswith("#"):
                found = resolve_import(self.fields, self.files, wanted, profile=profile, mode=mode)
                return found if isinstance(found, Entry) else None
            return resolve_entry(self.fields, self.files, wanted, profile=profile, mode=mode)
        except EntryNotFound:
            return None


def subject(
    name: str, package: Package, subpaths: Iterable[str] = (".",), inside: Iterable[str] = ()
) -> Subject:
    """Answer a package with what is to be asked."""
    found = entry_fields(package)
    fields = NamedFields(name=name, **{field: getattr(found, field) for field in EntryFields.model_fields})
    stated = package.package_json
    return Subject(name, fields, package.files.keys(), stated, tuple(subpaths), tuple(inside))


def generated(cases: Iterable[Case]) -> tuple[dict[str, dict[str, Any]], list[Subject]]:
    """Answer the packages of cases, as maps from path to content, and what is asked about them."""
    packages: dict[str, dict[str, Any]] = {}
    subjects: list[Subject] = []
    for index, case in enumerate(cases):
        name = f"case-{index}"
        stated = {"name": name, "version": "1.0.0", **case.package_json}
        packages[name] = {"package.json": stated, **case.files}
        subjects.append(subject(name, pictured(packages[name]), case.subpaths, case.inside))
    return packages, subjects


def pictured(files: Mapping[str, Any]) -> Package:
    """Answer the package that a map from path to content describes."""
    contents = {
        path: (content if isinstance(content, str) else json.dumps(content)).encode()
        for path, content in sorted(files.items())
    }
    records = {path: FileRecord(path, len(data), 0, "") for path, data in contents.items()}
    return Package(files["package.json"], records, _NO_DIGESTS, contents.__getitem__)


def installed(folder: Path) -> Package:
    """Answer the package in a folder; files are read when they are asked for."""
    paths = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "node_modules" not in path.relative_to(folder).parts and path.name != ASKER
    )
    records = {path: FileRecord(path, (folder / path).stat().st_size, 0, "") for path in paths}
    stated = json.loads((folder / "package.json").read_text())
    return Package(stated, records, _NO_DIGESTS, lambda path: (folder / path).read_bytes())


def exact_subpaths(package_json: Mapping[str, Any]) -> list[str]:
    """Answer the root and every subpath that `exports` states without a pattern."""
    exports = package_json.get("exports")
    keys = list(exports) if isinstance(exports, Mapping) else []
    stated = [key for key in keys if key.startswith("./") and "*" not in key and not key.endswith("/")]
    return [".", *stated]
