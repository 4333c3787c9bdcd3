"""OSV records for tests."""

from typing import Any

COMMAND_INJECTION = "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H"


def osv(
    advisory_id: str = "GHSA-35jh-r3h4-6jhm",
    *names: str,
    events: list[dict[str, str]] | None = None,
    modified: str = "2026-01-01T00:00:00Z",
    **fields: Any,
) -> dict[str, Any]:
    """Answer a record about packages of npm, `lodash` unless others are named, that `1.2.0` has fixed."""
    return {
        "schema_version": "1.6.0",
        "id": advisory_id,
        "modified": modified,
        "summary": "Something can be injected",
        "affected": [affected(name, events) for name in names or ("lodash",)],
        **fields,
    }


def affected(
    name: str, events: list[dict[str, str]] | None = None, ecosystem: str = "npm", **fields: Any
) -> dict[str, Any]:
    """Answer what a record says of one package."""
    events = events or [{"introduced": "0"}, {"fixed": "1.2.0"}]
    package = {"ecosystem": ecosystem, "name": name}
    return {"package": package, "ranges": [{"type": "SEMVER", "events": events}], **fields}
