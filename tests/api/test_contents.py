"""What a package's file is called when it is served."""

import pytest

from chalicelib.domain.media_types import CONTENT_TYPES, DOCUMENTS, content_type, is_text, safety_headers
from tests.api.callers import call
from tests.api.demo import demo_app


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("index.js", "text/javascript; charset=utf-8", id="js"),
        pytest.param("dist/index.MJS", "text/javascript; charset=utf-8", id="any-case"),
        pytest.param("lib.cjs", "text/javascript; charset=utf-8", id="cjs"),
        pytest.param("mod.ts", "application/typescript; charset=utf-8", id="ts-is-no-video"),
        pytest.param("index.d.ts", "application/typescript; charset=utf-8", id="declarations"),
        pytest.param("index.d.mts", "application/typescript; charset=utf-8", id="module-declarations"),
        pytest.param("index.js.map", "application/json", id="source-map"),
        pytest.param("package.json", "application/json", id="json"),
        pytest.param("core.wasm", "application/wasm", id="wasm"),
        pytest.param("addon.node", "application/octet-stream", id="addon"),
        pytest.param("style.css", "text/css; charset=utf-8", id="css"),
    ],
)
def test_the_extension_names_the_type(path: str, expected: str) -> None:
    assert content_type(path) == expected


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        pytest.param(b"MIT License", "text/plain; charset=utf-8", id="text"),
        pytest.param("naïve".encode(), "text/plain; charset=utf-8", id="utf-8"),
        pytest.param("naï".encode()[:-1], "text/plain; charset=utf-8", id="cut-inside-a-character"),
        pytest.param(b"\x7fELF\x00", "application/octet-stream", id="binary"),
        pytest.param(b"\xff\xfe", "application/octet-stream", id="not-utf-8"),
    ],
)
def test_without_a_known_extension_the_bytes_decide(sample: bytes, expected: str) -> None:
    assert content_type("LICENSE", sample) == expected
    assert content_type("bin/.hidden", sample) == expected


def test_a_script_inside_a_document_cannot_act_for_the_registry() -> None:
    app = demo_app()

    policies = {
        name: call(app, "GET", f"/packages/a/1.0.0/{name}").headers.get("content-security-policy", "")
        for name in ("page.html", "image.svg", "feed.xml", "page.xhtml", "index.js")
    }

    assert policies.pop("index.js") == ""
    assert all(policy.startswith("sandbox;") for policy in policies.values())


def test_every_type_that_a_browser_renders_with_script_is_a_document() -> None:
    rendered = {kind for kind in CONTENT_TYPES.values() if "html" in kind or "xml" in kind or "pdf" in kind}

    assert rendered == DOCUMENTS
    assert all(safety_headers(kind) for kind in rendered)


def test_nothing_is_text() -> None:
    assert is_text(b"")
