"""Content types of a package's files, by extension, and what keeps foreign documents harmless.

Modules and data are named so that browsers, Deno and Bun load them across origins. A file that a browser
would show as a document (HTML, SVG, XML) could carry script into the registry's own origin, so those are
served sandboxed.
"""

import codecs
import re
from pathlib import PurePosixPath
from typing import Final

JAVASCRIPT: Final = "text/javascript; charset=utf-8"
TYPESCRIPT: Final = "application/typescript; charset=utf-8"
JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"
BINARY: Final = "application/octet-stream"
HTML: Final = "text/html; charset=utf-8"
XML: Final = "application/xml"
SVG: Final = "image/svg+xml"
XHTML: Final = "application/xhtml+xml"

CONTENT_TYPES: Final = {
    ".js": JAVASCRIPT,
    ".mjs": JAVASCRIPT,
    ".cjs": JAVASCRIPT,
    ".jsx": "text/jsx; charset=utf-8",
    ".ts": TYPESCRIPT,
    ".mts": TYPESCRIPT,
    ".cts": TYPESCRIPT,
    ".tsx": "text/tsx; charset=utf-8",
    ".json": JSON,
    ".map": JSON,
    ".wasm": "application/wasm",
    ".css": "text/css; charset=utf-8",
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": XHTML,
    ".xht": XHTML,
    ".xml": XML,
    ".xsl": XML,
    ".svg": SVG,
    ".md": "text/markdown; charset=utf-8",
    ".txt": TEXT,
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ico": "image/vnd.microsoft.icon",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".node": BINARY,
    ".tgz": "application/gzip",
    ".gz": "application/gzip",
    ".zip": "application/zip",
    ".pdf": "application/pdf",
}
"""`.ts` is TypeScript and not the MPEG stream that the common tables make of it."""

COMPRESSED: Final = frozenset(
    {
        "application/gzip",
        "application/zip",
        "font/woff",
        "font/woff2",
        "image/avif",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
    }
)
DOCUMENTS: Final = frozenset({HTML, XHTML, XML, SVG, "application/pdf"})
SANDBOX: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_MEDIA_TYPE: Final = re.compile(
    r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}(?:; ?charset=[a-z0-9_-]{1,40})?",
    re.IGNORECASE,
)


def is_media_type(text: str) -> bool:
    """Tell whether a text can be sent as a content type (RFC 6838, 4.2)."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def content_type(path: str, sample: bytes = b"") -> str:
    """Answer a file's content type by its extension; without a known one, `sample` tells text from binary."""
    return known_content_type(path) or (TEXT if is_text(sample) else BINARY)


def known_content_type(path: str) -> str | None:
    """Answer a file's content type if its extension tells it."""
    return CONTENT_TYPES.get(PurePosixPath(path).suffix.lower())


def is_compressed(content_type: str | None) -> bool:
    """Tell whether what has a content type is compressed already, so that to do it again is in vain."""
    return content_type is not None and content_type in COMPRESSED


def safety_headers(content_type: str) -> dict[str, str]:
    """Answer the headers that keep a file of a content type from acting as a page of the registry."""
    return {"Content-Security-Policy": SANDBOX} if content_type in DOCUMENTS else {}


def is_text(sample: bytes) -> bool:
    """Tell whether the beginning of a file is UTF-8 text; a character cut off at its end does no harm."""
    if b"\0" in sample:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True
