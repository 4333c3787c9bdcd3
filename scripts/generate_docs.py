"""Write the generated reference pages, or say which have drifted from the code.

python scripts/generate_docs.py            write them
python scripts/generate_docs.py --check    exit with 1 and name the pages that are out of date
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
REFERENCE: Final = ROOT / "docs" / "reference"
sys.path.insert(0, str(ROOT))

from chalicelib.api import RESOURCES  # noqa: E402 - the path comes first
from chalicelib.api.description import pages  # noqa: E402 - the same
from chalicelib.api.routing import Route, collect  # noqa: E402 - the same
from chalicelib.settings import VARIABLES  # noqa: E402 - the same
from scripts.docs_cli import cli_page  # noqa: E402 - the same


def errors_page() -> str:
    """Answer the page of all error codes."""
    rows = [(page.code, page.status, page.title) for page in pages().values()]
    table = "\n".join(f"| `{code}` | {status} | {title} |" for code, status, title in rows)
    return f"""# Errors

Every failure is answered as `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, `code`,
`requestId`, and the facts as members. Codes are stable; new ones may be added.

| code | status | title |
|---|---|---|
{table}
"""


def settings_page() -> str:
    """Answer the page of all settings."""
    table = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items())
    return f"""# Settings

Settings are environment variables. A missing or contradictory one stops the process with one sentence that names it.

| variable | meaning |
|---|---|
{table}

`serve.py`, and so `make run`, also reads `HOST` (default `127.0.0.1`) and `PORT` (default `8000`). The `prism` command
reads `PRISM_REGISTRY_URL`, `PRISM_PUBLISHER_NAME`, `PRISM_PUBLISHER_EMAIL` and `PRISM_TOKEN`.
"""


def api_page() -> str:
    """Answer the page of all routes."""
    sections = "\n".join(_route_section(route) for route in _routes() if not route.hidden)
    return f"""# HTTP API

`/v1/openapi.json` describes all of it for programs. Scoped names may be written `@s/n`, `@s%2fn` or `@s%2Fn`. HEAD
works wherever GET does. Failures have [one shape](errors.md).

{sections}"""


def _route_section(route: Route) -> str:
    doc = (route.handler.__doc__ or "").strip()
    lines = [f"## {route.method} `{route.template.text}`", "", doc, ""]
    if route.query is not None:
        names = [field.alias or name for name, field in route.query.model_fields.items()]
        lines += [f"Query: {', '.join(f'`{name}`' for name in names)}.", ""]
    if route.body is not None:
        lines += [f"Takes {', '.join(f'`{kind}`' for kind in route.takes)}.", ""]
    answers = ", ".join(
        f"{status} `{model.__name__}`" if model else str(int(status))
        for status, model in route.answers.items()
    )
    lines += [f"Answers {answers}.", ""]
    lines += [f"Needs the scope `{route.scope}`." if route.scope else "Needs no token.", ""]
    if route.raises:
        lines += [f"Fails with {', '.join(f'`{error.code}`' for error in route.raises)}.", ""]
    return "\n".join(lines)


def _routes() -> Iterator[Route]:
    return collect(RESOURCES)


PAGES: Final[dict[str, Callable[[], str]]] = {
    "api.md": api_page,
    "cli.md": cli_page,
    "errors.md": errors_page,
    "settings.md": settings_page,
}


def drifted() -> list[str]:
    """Answer the names of pages that are not what the code says."""
    return [name for name, page in PAGES.items() if not _is_current(REFERENCE / name, page())]


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def main() -> int:
    """Write or check the pages."""
    stale = drifted()
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"docs/reference/{name} is out of date; run `make docs`", file=sys.stderr)
        return 1 if stale else 0
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (REFERENCE / name).write_text(PAGES[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main())
