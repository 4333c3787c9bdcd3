"""Whole reports on a tree of dependencies, as npm 6, older pnpm and older fallbacks of npm ask for them.

Where later clients send names and versions, these send the tree and have the report made for them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from chalicelib.domain.advisories.records import Advisory
from chalicelib.domain.advisories.spans import END, Spans
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.names import PackageName
from chalicelib.npm.advisories import LEVELS, Asked, NpmAdvisory, npm_advisory

ALIAS: Final = "npm:"
BETWEEN: Final = ">"
NOT_PATCHED: Final = "<0.0.0"
"""How npm writes that no version is without the fault."""


class Node(NamedTuple):
    """One place of a tree: a package there, and the names that lead to it from the root."""

    name: str
    version: str
    path: str
    dev: bool
    optional: bool
    bundled: bool

    @property
    def roles(self) -> dict[str, bool]:
        """What the place is needed for."""
        return {"dev": self.dev, "optional": self.optional, "bundled": self.bundled}


def nodes_of(tree: Any) -> Iterator[Node]:
    """Answer the nodes below a tree's root; raises InvalidPayload."""
    waiting: list[tuple[str, Any]] = [("", tree)]
    while waiting:
        path, parent = waiting.pop()
        for name, value in _dependencies(parent, path).items():
            place = f"{path}{BETWEEN}{name}" if path else name
            if not isinstance(value, dict):
                raise InvalidPayload(f"`{place[:200]}` has to be an object")
            waiting.append((place, value))
            if isinstance(version := value.get("version"), str):
                yield _node(name, version, place, value)


def asked_of(nodes: Iterable[Node]) -> Asked:
    """Answer the names in a tree, each with its versions."""
    asked: dict[str, dict[str, None]] = defaultdict(dict)
    for node in nodes:
        asked[node.name][node.version] = None
    return {name: list(versions) for name, versions in asked.items()}


def full_report(nodes: Sequence[Node], advisories: Mapping[str, Iterable[Advisory]]) -> dict[str, Any]:
    """Answer the report on a tree; `advisories` are those for its names."""
    by_name: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        by_name[node.name].append(node)
    found = [_Found(record, by_name[name]) for name in sorted(advisories) for record in advisories[name]]
    affecting = [each for each in found if each.entry is not None]
    return {
        "actions": [action for each in affecting for action in each.actions()],
        "advisories": {str(each.told()["id"]): each.told() for each in affecting},
        "muted": [],
        "metadata": {"vulnerabilities": _counted(affecting), **_sizes(nodes)},
    }


class _Found:
    """An advisory and the nodes that it affects."""

    def __init__(self, record: Advisory, nodes: Sequence[Node]) -> None:
        name = PackageName.parse(nodes[0].name)
        self._record = record
        self._spans = record.spans(name)
        self.nodes = [node for node in nodes if self._spans.contain(node.version)]
        self.entry: NpmAdvisory | None = npm_advisory(record, name, [node.version for node in self.nodes])

    def told(self) -> dict[str, Any]:
        """Answer the advisory as the report has it."""
        assert self.entry is not None
        record = self._record
        return {
            **self.entry,
            "cwe": ", ".join(self.entry["cwe"]),
            "module_name": self.nodes[0].name,
            "findings": self._findings(),
            "patched_versions": patched(self._spans),
            "cves": [alias for alias in record.aliases or [] if alias.startswith("CVE-")],
            "github_advisory_id": record.ghsa or "",
            "overview": record.details or "",
            "recommendation": "",
            "references": "\n".join(reference.url for reference in record.references or []),
            "created": record.modified,
            "updated": record.modified,
            "deleted": None,
            "access": "public",
            "found_by": {"name": ""},
            "reported_by": {"name": ""},
            "metadata": {"module_type": "", "exploitability": 0, "affected_components": ""},
        }

    def actions(self) -> Iterator[dict[str, Any]]:
        """Answer that somebody has to look at it: which update would help is the client's to find out."""
        assert self.entry is not None
        resolves = [{"id": self.entry["id"], "path": node.path, **node.roles} for node in self.nodes]
        yield {"action": "review", "module": self.nodes[0].name, "resolves": resolves}

    def _findings(self) -> list[dict[str, Any]]:
        by_version: dict[str, list[Node]] = defaultdict(list)
        for node in self.nodes:
            by_version[node.version].append(node)
        return [
            {
                "version": version,
                "paths": [node.path for node in nodes],
                **{role: all(node.roles[role] for node in nodes) for role in nodes[0].roles},
            }
            for version, nodes in by_version.items()
        ]


def patched(spans: Spans) -> str:
    """Answer the versions behind all that are affected, as an npm range."""
    if not spans.spans or (end := spans.spans[-1].high) == END:
        return NOT_PATCHED
    return f"{'>' if spans.is_behind(end) else '>='}{spans.texts[end]}"


def _counted(found: Iterable[_Found]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for each in found:
        if each.entry:
            counts[each.entry["severity"]] += len(each.nodes)
    return {level: counts[level] for level in LEVELS}


def _sizes(nodes: Sequence[Node]) -> dict[str, int]:
    dev = sum(node.dev for node in nodes)
    optional = sum(node.optional and not node.dev for node in nodes)
    return {
        "dependencies": len(nodes) - dev - optional,
        "devDependencies": dev,
        "optionalDependencies": optional,
        "totalDependencies": len(nodes),
    }


def _dependencies(parent: Any, path: str) -> dict[str, Any]:
    below = parent.get("dependencies", {}) if isinstance(parent, dict) else None
    if not isinstance(below, dict):
        raise InvalidPayload(f"`{path[:200] or 'the body'}`: `dependencies` has to be an object")
    return below


def _node(name: str, version: str, path: str, value: Mapping[str, Any]) -> Node:
    if version.startswith(ALIAS):
        name, _, version = version.removeprefix(ALIAS).rpartition("@")
    roles = (value.get(role) is True for role in ("dev", "optional", "bundled"))
    return Node(name, version, path, *roles)
