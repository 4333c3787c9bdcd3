"""What a package.json says of who made the package and where its source is."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_HOSTS: Final = {
    "github": "github.com",
    "gitlab": "gitlab.com",
    "bitbucket": "bitbucket.org",
    "gist": "gist.github.com",
}
_SHORT: Final = re.compile(r"(?:(github|gitlab|bitbucket|gist):)?(\w[\w.-]*/[\w.-]+|[0-9a-f]{20,})(?:#.*)?")
_LONG: Final = re.compile(
    r"(?:git\+)?(?:https?|ssh|git)://(?:[^/@]*@)?([^/:#?]+)(?::\d+)?[/:]([^#?]+)", re.IGNORECASE
)
_SCP: Final = re.compile(r"[\w.-]+@([\w.-]+):([^#?]+)")


def repository_place(declared: Any) -> str | None:
    """Answer where a repository is, as `host/path` in lower case however it is written."""
    if isinstance(declared, Mapping):
        declared = declared.get("url")
    if not isinstance(declared, str):
        return None
    text = declared.strip()
    if short := _SHORT.fullmatch(text):
        return _place(_HOSTS[short[1] or "github"], short[2])
    long = _LONG.match(text) or _SCP.match(text)
    return _place(long[1], long[2]) if long else None


def links_to_repository(package_json: Mapping[str, Any]) -> bool:
    """Answer whether the home page or the issue tracker lies in the repository that is declared."""
    repository = repository_place(package_json.get("repository"))
    if repository is None:
        return False
    places = map(repository_place, (package_json.get("homepage"), package_json.get("bugs")))
    return any(place is not None and f"{place}/".startswith(f"{repository}/") for place in places)


def people(package_json: Mapping[str, Any]) -> Iterator[str]:
    """Answer the names and addresses of author, maintainers and contributors, in lower case."""
    for field in ("author", "maintainers", "contributors"):
        value = package_json.get(field)
        for person in value if isinstance(value, list) else [value]:
            yield from _known_by(person)


def _known_by(person: Any) -> Iterator[str]:
    if isinstance(person, str):
        # `Ada Lovelace <ada@example.com> (https://example.com)`
        name, _, rest = person.partition("(")[0].partition("<")
        person = {"name": name, "email": rest.partition(">")[0]}
    if isinstance(person, Mapping):
        values = (person.get("name"), person.get("email"))
        yield from (value.strip().lower() for value in values if isinstance(value, str) and value.strip())


def _place(host: str, path: str) -> str:
    return f"{host}/{path.strip('/').removesuffix('.git')}".lower()
