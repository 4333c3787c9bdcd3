"""The pages of a login: complete in themselves, without scripts, and readable by everybody and on everything."""

import base64
import hashlib
from functools import cache
from html import escape
from http import HTTPStatus
from string import Template
from typing import Final, NamedTuple

from chalicelib.api.answers import NO_STORE, Answer
from chalicelib.api.errors import status_of
from chalicelib.api.requests import Request
from chalicelib.container import container
from chalicelib.domain.errors import PrismError

HTML: Final = "text/html; charset=utf-8"

STYLE: Final = """
:root { color-scheme: light dark; --back: #f4f5f7; --card: #fff; --text: #1c1f24; --soft: #555d68; --line: #8a929d;
  --strong: #1f5fbf; --on-strong: #fff; --bad: #a3211b; }
@media (prefers-color-scheme: dark) { :root { --back: #14171b; --card: #1e2329; --text: #e8eaed; --soft: #a9b1bb;
  --line: #77808b; --strong: #8ab4f8; --on-strong: #10131a; --bad: #ff9a92; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 6vh 1rem 2rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 30rem; margin: 0 auto; padding: 2rem; background: var(--card); border-radius: .75rem; }
h1 { margin: 0 0 1rem; font-size: 1.4rem; line-height: 1.25; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; }
label { display: block; margin-bottom: .35rem; font-weight: 600; }
input { width: 100%; padding: .65rem .75rem; border: 1px solid var(--line); border-radius: .4rem;
  background: transparent; color: inherit; font: inherit; }
button { margin: 1rem 0 0; padding: .65rem 1.4rem; border: 0; border-radius: .4rem; background: var(--strong);
  color: var(--on-strong); font: inherit; font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
.hint { margin: .4rem 0 0; color: var(--soft); font-size: .9rem; }
.error { color: var(--bad); font-weight: 600; overflow-wrap: anywhere; }
"""

_PAGE: Final = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$title</title>
<style>$style</style>
</head>
<body>
<main>
<h1>$title</h1>
$content
</main>
</body>
</html>
""")

_FORM: Final = Template("""<p>Somebody has run <code>npm login</code> and asks to act here in your name. \
Go on only if that was you, a moment ago.</p>
$error
<form method="post" action="$action">
$field
<button type="submit">Log in</button>
</form>""")

_TOKENS_INPUT: Final = """<label for="answer">A token of this registry</label>
<input id="answer" name="token" type="password" autocomplete="current-password" autocapitalize="none" \
spellcheck="false" required autofocus aria-describedby="hint">
<p class="hint" id="hint">npm gets a token of its own that speaks as you, for the same packages and no longer than \
yours, and never as an admin. Yours is not kept.</p>"""

_NAMES_INPUT: Final = """<label for="answer">Your name</label>
<input id="answer" name="name" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" \
maxlength="200" required autofocus aria-describedby="hint">
<p class="hint" id="hint">This registry is open: you are who you say you are. The login is good only while the \
registry stays open. A token of this registry will do too.</p>"""


class Kind(NamedTuple):
    """What a page is for."""

    title: str
    asks: bool = False


ASKED: Final = Kind("Log in to $host", asks=True)
APPROVED: Final = Kind("You are logged in to $host")
GONE: Final = Kind("This login is over")


def page(request: Request, kind: Kind, error: PrismError | None = None, *, name: str = "") -> Answer:
    """Answer a page, with what went wrong where something did; its status is that of the error."""
    host = escape(request.origin.partition("://")[2])
    if kind.asks:
        content = _asking(request, error)
    elif error is not None:
        content = _failed(error)
    else:
        content = f"<p>npm goes on as <strong>{escape(name)}</strong>. You may close this page.</p>"
    title = Template(kind.title).substitute(host=host)
    text = _PAGE.substitute(title=title, style=STYLE, content=content)
    status = HTTPStatus.OK if error is None else status_of(type(error))
    return Answer(status, text, {"Cache-Control": NO_STORE, **_protection()}, HTML)


def _asking(request: Request, error: PrismError | None) -> str:
    field = _NAMES_INPUT if container().settings.access == "open" else _TOKENS_INPUT
    action = escape(request.path.rpartition("/")[2])  # below this same address, whatever the stage's is
    return _FORM.substitute(field=field, action=action, error="" if error is None else _failed(error))


def _failed(error: PrismError) -> str:
    text = escape(error.detail)
    return f'<p class="error" role="alert">{text[:1].upper()}{text[1:]}.</p>'


@cache
def _protection() -> dict[str, str]:
    """Answer the headers that keep scripts, frames and other sites away from the page."""
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    elsewhere = "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{style}'; {elsewhere}",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
