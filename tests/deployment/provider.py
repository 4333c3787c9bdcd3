"""What Terraform and its AWS provider refuse, as far as a table of the provider's types tells it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Final

SCHEMA: Final = json.loads((Path(__file__).parent / "provider_schema.json").read_text())
PROVIDER: Final[str] = SCHEMA["provider"]
TYPES: Final[dict[str, Any]] = SCHEMA["types"]

TOP: Final = {"terraform", "variable", "locals", "data", "resource", "output"}
META: Final = {"depends_on", "lifecycle"}
LIFECYCLE: Final = {"create_before_destroy", "prevent_destroy", "ignore_changes", "replace_triggered_by"}
FUNCTIONS: Final = {"can", "filebase64sha256", "regex", "sha1"}
VARIABLE: Final = {"type", "default", "description", "sensitive", "validation"}

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PATH: Final = re.compile(r"[a-z_][\w-]*(?:\.[A-Za-z_][\w-]*)+")
_EXPRESSION: Final = re.compile(r'\$\{((?:[^"{}]|"(?:[^"$]|\$(?!\{))*")*)\}')
"""One in which no other is nested."""
_CALL: Final = re.compile(r"\b([a-z_0-9]+)\(")


@dataclass
class Check:
    """A configuration of several files under examination."""

    files: Sequence[Mapping[str, Any]]
    complaints: list[str] = field(default_factory=list)
    declared: dict[str, Any] = field(default_factory=dict)
    needed: dict[str, set[str]] = field(default_factory=dict)

    def run(self) -> list[str]:
        """Answer what is wrong with the configuration."""
        for file in self.files:
            self._say(set(file) <= TOP, f"{set(file) - TOP} at the top")
            for address, value in _declarations(file):
                self._say(address not in self.declared, f"{address} is declared twice")
                self._say(_NAME.fullmatch(address.rpartition(".")[2]), f"{address} is no name")
                self.declared[address] = value
        for address, value in self.declared.items():
            self._check_arguments(address, value)
            self._check_references(address, value)
        self._check_order()
        return self.complaints

    def _say(self, right: object, complaint: str) -> None:
        if not right:
            self.complaints.append(complaint)

    def _check_arguments(self, address: str, value: Any) -> None:
        kind = _kind(address)
        if kind == "var":
            self._say(set(value) <= VARIABLE, f"{address} has {set(value) - VARIABLE}")
        if kind in {"var", "local", "output"}:
            return
        if kind not in TYPES:
            self.complaints.append(f"{address} is of a type that is not in the table")
            return
        self._say(set(value.get("lifecycle", {})) <= LIFECYCLE, f"{address} has an unknown lifecycle")
        own = {name: argument for name, argument in value.items() if name not in META}
        self._check_block(address, own, TYPES[kind]["arguments"])

    def _check_block(self, where: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        for name, argument in known.items():
            self._say(name in given or not argument.get("required"), f"{where} lacks {name}")
        for name, value in given.items():
            if name not in known:
                self.complaints.append(f"{where} has no argument {name}")
            elif "block" in known[name]:
                for part in value if isinstance(value, list) else [value]:
                    self._check_block(f"{where}.{name}", part, known[name]["block"])
            else:
                self._say(name == "dimensions" or _is_plain(value), f"{where}.{name} is no plain value")

    def _check_references(self, address: str, value: Any) -> None:
        needed = self.needed.setdefault(address, set())
        for expression in (found for text in _texts(value) for found in _expressions(text)):
            bare = re.sub(r'"[^"]*"', '""', expression)
            unknown = set(_CALL.findall(bare)) - FUNCTIONS
            self._say(not unknown, f"{address} calls {unknown}")
            for path in _PATH.findall(bare):
                needed.update(self._resolved(address, path))
        for path in value.get("depends_on", []) if isinstance(value, Mapping) else []:
            self._say(path in self.declared, f"{address} depends on {path}, which nothing declares")
            needed.add(path)

    def _resolved(self, address: str, path: str) -> Iterator[str]:
        if path == "path.module":
            return
        parts = path.split(".")
        size = {"var": 2, "local": 2, "data": 3}.get(parts[0], 2)
        target, attributes = ".".join(parts[:size]), parts[size:]
        if target not in self.declared:
            self.complaints.append(f"{address} refers to {target}, which nothing declares")
            return
        if target != address:
            yield target  # what a variable is held to speaks of the variable itself
        kind = _kind(target)
        if kind in TYPES:
            known = TYPES[kind]["attributes"]
            self._say(
                len(attributes) == 1 and attributes[0] in known, f"{address} refers to no attribute: {path}"
            )

    def _check_order(self) -> None:
        try:
            list(TopologicalSorter(self.needed).static_order())
        except CycleError as error:
            self.complaints.append(f"nothing can be made first: {error.args[1]}")


def refused(*files: Mapping[str, Any]) -> list[str]:
    """Answer what Terraform would refuse about files that lie in one folder."""
    return Check(files).run()


def _declarations(file: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for group, prefix in (("variable", "var"), ("locals", "local"), ("output", "output")):
        for name, value in file.get(group, {}).items():
            yield f"{prefix}.{name}", value
    for group, prefix in (("resource", ""), ("data", "data.")):
        for kind, named in file.get(group, {}).items():
            for name, value in named.items():
                yield f"{prefix}{kind}.{name}", value


def _kind(address: str) -> str:
    return address.rpartition(".")[0]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _expressions(text: str) -> Iterator[str]:
    """Answer what stands between `${` and its `}`, and what is nested in it apart; braces in quotes are none."""
    assert "%{" not in text, f"a directive is not understood: {text[:200]}"
    while found := _EXPRESSION.search(text):
        yield found[1]
        text = text[: found.start()] + text[found.end() :]
    assert "${" not in text, f"an expression is not understood: {text[:200]}"


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(item, str | int | float | bool) for item in value.values())
    return isinstance(value, str | int | float | bool) or all(isinstance(item, str) for item in value)
