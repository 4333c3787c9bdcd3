"""Pages for people, made of text alone: no script, no font, no picture, nothing from anywhere else.

Whatever comes from outside is escaped where it is put in, and the policy that is sent along lets nothing run.
"""

import base64
import hashlib
from html import escape
from typing import Final

from chalicelib.domain.times import moment
from chalicelib.services.buckets.values import BucketFile, BucketListing

STYLE: Final = """
:root{color-scheme:light dark;--text:#1d2327;--dim:#5d676f;--line:#d9dee2;--back:#f6f7f8;--card:#fff;--accent:#0b5cad;
--on:#fff;--wrong:#b3261e}
@media(prefers-color-scheme:dark){:root{--text:#e6e9ec;--dim:#9aa4ad;--line:#333b42;--back:#14181b;--card:#1d2226;
--accent:#6db3f8;--on:#0b1620;--wrong:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:42rem;margin:0 auto;padding:3rem 1rem}
h1{font-size:1.4rem;font-weight:600;margin:0 0 .25rem}
p{margin:.25rem 0}
.dim{color:var(--dim);font-size:.9rem}
.note{white-space:pre-wrap;overflow-wrap:anywhere;margin:1rem 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;margin:1.25rem 0;padding:0;
list-style:none}
.card>li,.card>form{display:flex;gap:1rem;align-items:center;padding:.8rem 1rem;border-top:1px solid var(--line)}
.card>li:first-child,.card>form:first-child{border-top:0}
.name{flex:1;min-width:0;overflow-wrap:anywhere}
a{color:var(--accent);text-decoration:none;font-weight:500}
a:hover{text-decoration:underline}
input{flex:1;min-width:0;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);
border-radius:.4rem;padding:.5rem .6rem}
button{font:inherit;font-weight:500;color:var(--on);background:var(--accent);border:0;border-radius:.4rem;
padding:.5rem 1rem;cursor:pointer}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.wrong{color:var(--wrong)}
"""

_DIGEST: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}

_UNITS: Final = ("bytes", "KiB", "MiB", "GiB", "TiB")


def listing_page(listed: BucketListing, *, archive: str) -> str:
    """Answer the page of a bucket; `archive` is the address of all its files in one."""
    many = len(listed.files)
    heading = "One file" if many == 1 else f"{many} files" if many else "No files yet"
    rows = "".join(_row(file) for file in listed.files)
    note = f'<p class="note">{escape(listed.comment)}</p>' if listed.comment else ""
    return _page(
        "Files for you",
        f"<h1>{heading}</h1>"
        f'<p class="dim">{size_text(listed.size)}, kept for {left_text(listed.seconds_left)}, until '
        f'<time datetime="{escape(listed.expires)}">{_day(listed.expires)}</time></p>'
        f"{note}"
        f"{f'<ul class=card>{rows}</ul>' if rows else ''}"
        f"{_archive(archive) if many > 1 and listed.downloads is None else ''}",
    )


def password_page(action: str, *, was_wrong: bool) -> str:
    """Answer the page that asks for a password, and says so if the last one was wrong."""
    wrong = '<p class="wrong" role="alert">This password is another one. Try again.</p>' if was_wrong else ""
    return _page(
        "A password is needed",
        "<h1>A password is needed</h1>"
        '<p class="dim">Whoever sent you this link can tell you the password.</p>'
        f"{wrong}"
        f'<div class="card"><form method="post" action="{escape(action)}">'
        '<input type="password" name="password" aria-label="Password" placeholder="Password" maxlength="1000" '
        'autocomplete="off" required autofocus><button>Open</button></form></div>',
    )


def failure_page(title: str, detail: str) -> str:
    """Answer the page that says what went wrong."""
    return _page(title, f"<h1>{escape(title)}</h1><p>{escape(detail[:1].upper() + detail[1:])}.</p>")


def waiting_page(files: int) -> str:
    """Answer the page that is shown while the files are put into one."""
    return _page(
        "One moment",
        "<h1>One moment</h1>"
        f'<p class="dim" role="status">{files} files are being put into one; the download begins by itself.</p>',
    )


def size_text(size: int) -> str:
    """Answer a size for people."""
    if size == 1:
        return "1 byte"
    amount, unit = float(size), 0
    while round(amount, 1) >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{size} bytes" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"


def left_text(seconds: int) -> str:
    """Answer a time for people, in the largest unit of which there are two."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{round(seconds / length)} {unit}"
    return f"{seconds} seconds"


def _row(file: BucketFile) -> str:
    name, told = escape(file.name), size_text(file.size)
    if file.left == 0:
        return f'<li><span class="name">{name}<br><span class="dim">{told}, downloaded already</span></span></li>'
    left = "" if file.left is None else f", {_times(file.left)}"
    return (
        f'<li><span class="name">{name}<br><span class="dim">{told}{left}</span></span>'
        f'<a href="{escape(file.url or "")}" rel="nofollow" aria-label="Download {name}">Download</a></li>'
    )


def _times(left: int) -> str:
    return "can be downloaded once" if left == 1 else f"can be downloaded {left} times"


def _archive(address: str) -> str:
    return f'<p><a href="{escape(address)}" rel="nofollow">Download all as a zip file</a></p>'


def _day(text: str) -> str:
    return escape(moment(text).strftime("%-d %B %Y, %H:%M UTC"))


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
