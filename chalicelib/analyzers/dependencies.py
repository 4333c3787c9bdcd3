"""Reports what a package needs: the four groups of dependencies as declared, each one read, and engines."""

from chalicelib.analyzers.base import Found, Subject
from chalicelib.domain.facts.needs import GROUPS, declared_dependencies, string_map
from chalicelib.domain.metadata import Dependencies

name = "dependencies"
version = "1"
requires: tuple[str, ...] = ()
essential = True


def analyze(subject: Subject) -> Found:
    """Answer the Dependencies of a package; what is not a string is left out, and a signal names it."""
    package_json = subject.package.package_json
    found = Dependencies(
        dependencies=string_map(package_json.get("dependencies")),
        dev_dependencies=string_map(package_json.get("devDependencies")),
        peer_dependencies=string_map(package_json.get("peerDependencies")),
        optional_dependencies=string_map(package_json.get("optionalDependencies")),
        dependency_specs=declared_dependencies(package_json),
        engines=string_map(package_json.get("engines")),
    )
    return Found(_verdict(found), found)


def _verdict(found: Dependencies) -> str:
    counts = {group: sum(spec.group == group for spec in found.dependency_specs) for group in GROUPS}
    said = [f"{count} {group}" for group, count in counts.items() if count]
    return ", ".join(said) or "no dependencies"
