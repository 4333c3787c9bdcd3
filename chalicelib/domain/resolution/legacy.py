"""Packages without `exports`: `main` and what is missing from it, the root's `index`, subpaths as file paths.

Node's LOAD_AS_FILE and LOAD_AS_DIRECTORY (https://nodejs.org/api/modules.html#all-together) and its legacy
main (https://nodejs.org/api/esm.html#resolution-algorithm-specification), with each runtime's extensions.
"""

from collections.abc import Container, Iterator
from typing import NamedTuple

from chalicelib.domain.manifest import EntryFields, FolderFields
from chalicelib.domain.resolution.paths import literal
from chalicelib.domain.resolution.profiles import LegacyRules, Mode, Profile
from chalicelib.domain.resolution.trace import Refused, Step, Trace


class Lookup(NamedTuple):
    """One question: the package, the runtime, the mode, and where the steps are noted."""

    fields: EntryFields
    files: Container[str]
    profile: Profile
    mode: Mode
    trace: Trace = None

    @property
    def rules(self) -> LegacyRules:
        """The rules of the mode."""
        return self.profile.legacy[self.mode]

    def first(self, key: str, candidates: Iterator[str]) -> str | None:
        """Answer the first candidate that exists."""
        for path in candidates:
            exists = path in self.files
            if self.trace is not None:
                self.trace.append(Step(key, path, "found" if exists else "file_missing"))
            if exists:
                return path
        return None


def resolve_legacy(lookup: Lookup, subpath: str) -> str:
    """Answer the file that a subpath (`.` or `./sub`) leads to; raises Refused."""
    if subpath == ".":
        path = _folder(lookup, "", lookup.fields)
        _note_unread(lookup)
        if path is None:
            raise Refused("no_entry", _what_is_missing(lookup.fields))
        return path
    path = _subpath(lookup, subpath)
    if path is None:
        raise Refused("file_missing", f"the package contains no file for `{subpath}`")
    return path


def with_extensions(path: str, extensions: tuple[str, ...], profile: Profile) -> Iterator[str]:
    """Answer what a path may stand for: itself, with an extension added, with its extension rewritten."""
    yield path
    for extension in extensions:
        yield path + extension
    yield from rewritten(path, profile)


def rewritten(path: str, profile: Profile) -> Iterator[str]:
    """Answer the paths that a runtime tries for a source file that was not compiled."""
    if profile.rewrites:
        stem, dot, extension = path.rpartition(".")
        for other in profile.rewrites.get(dot + extension, ()):
            yield stem + other


def _folder(lookup: Lookup, folder: str, fields: EntryFields | FolderFields) -> str | None:
    rules = lookup.rules
    for place in rules.order if fields.main else rules.order_without_main:
        if place == "index":
            candidates = iter([f"{folder}index{extension}" for extension in rules.extensions])
        elif place == "index_beside_module":
            module = lookup._replace(trace=None).first("module", _named(lookup, folder, "module", fields))
            extensions = rules.main_extensions if module is not None else ()
            candidates = iter([f"{folder}index{extension}" for extension in extensions])
        else:
            candidates = _named(lookup, folder, place, fields)
        path = lookup.first(place, candidates)
        if path is not None:
            return path
    return None


def _note_unread(lookup: Lookup) -> None:
    """Note that the runtime has no use for the field that bundlers read."""
    module = lookup.fields.module
    if lookup.trace is not None and module and "module" not in lookup.rules.order:
        lookup.trace.append(Step("module", module, "not_read"))


def _named(lookup: Lookup, folder: str, place: str, fields: EntryFields | FolderFields) -> Iterator[str]:
    text = fields.main if place == "main" else fields.module
    if not text:
        return
    rules = lookup.rules
    extensions = rules.main_extensions if place == "main" else rules.extensions
    path = _inside(folder, rules.read_main(text), text)
    if path is None:
        if rules.escaping_main_refused:
            raise Refused("invalid_target", f"`{place}` is `{text}`, which is outside the package")
        return
    is_folder = path.endswith("/") and rules.final_slash_is_folder
    path = path.rstrip("/")
    if path:
        if not is_folder:
            yield from with_extensions(path, extensions, lookup.profile)
        path += "/"
    for extension in extensions:
        yield f"{path}index{extension}"


def _inside(folder: str, path: str | None, text: str) -> str | None:
    # Only a nested package.json may point upwards and stay inside the package.
    return path if not folder else literal(folder + text)


def _subpath(lookup: Lookup, subpath: str) -> str | None:
    rules = lookup.rules
    path = rules.read_subpath(subpath)
    if path is None:
        raise Refused("invalid_subpath", f"`{subpath}` is not a path inside the package")
    if not rules.searches_subpaths:
        return lookup.first(subpath, iter((path,)))
    return search(lookup, subpath, path)


def search(lookup: Lookup, key: str, path: str) -> str | None:
    """Answer the file that a path may stand for when its extension, or `/index`, may be missing."""
    bare = path.rstrip("/")
    if path == bare:
        found = lookup.first(key, with_extensions(path, lookup.rules.extensions, lookup.profile))
        if found is not None:
            return found
    return _folder(lookup, f"{bare}/" if bare else "", lookup.fields.folders.get(bare, FolderFields()))


def _what_is_missing(fields: EntryFields) -> str:
    if fields.main:
        return f"`main` is `{fields.main}`, which the package does not contain, and it has no `index.js`"
    return "the package has neither `exports` nor `main` nor an `index.js`"
