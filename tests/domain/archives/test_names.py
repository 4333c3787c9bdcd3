"""Names of members can be unpacked everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.archives.names import MOST_BYTES, safe_name, tarball_name, unlike
from chalicelib.domain.names import PackageName


@pytest.mark.parametrize(
    ("name", "expected"),
    [("widget", "widget-1.0.0.tgz"), ("@acme/widget", "acme-widget-1.0.0.tgz")],
)
def test_tarballs_are_called_as_npm_pack_calls_them(name: str, expected: str) -> None:
    assert tarball_name(PackageName.parse(name), "1.0.0") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("report 2026.pdf", "report 2026.pdf", id="plain"),
        pytest.param("größe.txt", "größe.txt", id="letters"),
        pytest.param("gro\u0308\u00dfe.txt", "größe.txt", id="composed"),
        pytest.param("../../etc/passwd", "_.._etc_passwd", id="leads-out-of-its-folder"),
        pytest.param("C:\\temp\\a.txt", "C__temp_a.txt", id="a-windows-path"),
        pytest.param("/etc/passwd", "_etc_passwd", id="absolute"),
        pytest.param(".bashrc", "bashrc", id="hidden"),
        pytest.param("a\nb\x00c\u202etxt.exe", "a_b_c_txt.exe", id="control-characters"),
        pytest.param("what?*.txt", "what__.txt", id="wildcards"),
        pytest.param("name. . ", "name", id="ends-with-dots-and-spaces"),
        pytest.param("con", "_con", id="a-device"),
        pytest.param("LPT1.txt", "_LPT1.txt", id="a-device-with-an-extension"),
        pytest.param("", "file", id="empty"),
        pytest.param("...", "file", id="dots"),
        pytest.param("\ud800.txt", "_.txt", id="half-a-character"),
    ],
)
def test_names_become_safe(text: str, expected: str) -> None:
    assert safe_name(text) == expected


def test_a_long_name_keeps_its_extension() -> None:
    name = safe_name("ö" * 300 + ".tar.gz")

    assert len(name.encode()) <= MOST_BYTES
    assert name.endswith("ö.gz")


@given(st.text())
def test_every_text_becomes_one_safe_segment(text: str) -> None:
    name = safe_name(text)

    assert 0 < len(name.encode()) <= MOST_BYTES
    assert name not in {".", ".."}
    assert not set(name) & set('/\\:*?"<>|\0\n\r')
    assert safe_name(name) == name


def test_equal_names_are_numbered_before_their_extension() -> None:
    names = ["a.txt", "a.txt", "b", "b", "A.TXT", "a (2).txt", "a.txt"]

    assert unlike(names) == ["a.txt", "a (2).txt", "b", "b (2)", "A (3).TXT", "a (2) (2).txt", "a (4).txt"]


@given(st.lists(st.sampled_from(["a", "A", "a (2)", "a (3)", "b.c", "b (2).c"])))
def test_no_two_names_are_alike(names: list[str]) -> None:
    assert len({name.casefold() for name in unlike(names)}) == len(names)
