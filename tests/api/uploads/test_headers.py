"""The headers of uploads are read strictly: what has two meanings, or none, is refused."""

import base64
import hashlib
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.requests import Request
from chalicelib.api.uploads import metadata
from chalicelib.api.uploads.checksums import checksums_of
from chalicelib.api.uploads.headers import (
    CHUNK,
    concat_of,
    declared_length,
    number_of,
    offset_of,
)
from chalicelib.api.uploads.refusals import InvalidUploadHeader
from chalicelib.api.uploads.telling import http_date, limits
from chalicelib.domain.uploads.checksums import Checksum
from chalicelib.domain.uploads.errors import NoSuchUpload, UnsupportedChecksum
from chalicelib.domain.uploads.ids import Fid
from chalicelib.domain.uploads.limits import UploadLimits

FIRST: Final = Fid("0123456789ab", "6d9f2c1e-0b8e-4a55-9c11-1f2f3a4b5c6d")
SECOND: Final = Fid("0123456789ab", "0a1b2c3d-4e5f-4789-8abc-def012345678")
KEYS: Final = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=","), min_size=1)


def asked(trailers: dict[str, str] | None = None, /, **headers: str) -> Request:
    """Answer a request with headers, whose names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("PATCH", "/v1/uploads/a/b", headers=named, trailers=trailers)


def test_an_offset_is_a_whole_number() -> None:
    assert offset_of(asked(upload_offset="0")) == 0
    assert offset_of(asked(upload_offset="99999999999999999999")) == 99999999999999999999


@pytest.mark.parametrize(
    "value", ["", "-1", "+1", "1.0", "1e3", "0x10", " 1", "1 ", "1_000", "٣", "1,2", "9" * 41, "NaN"]
)
def test_what_is_no_whole_number_is_no_offset(value: str) -> None:
    with pytest.raises(InvalidUploadHeader) as refused:
        offset_of(asked(upload_offset=value))

    assert refused.value.facts == {"header": "Upload-Offset"}


def test_an_offset_must_be_sent() -> None:
    with pytest.raises(InvalidUploadHeader, match="missing"):
        offset_of(asked())


def test_a_length_may_be_left_out_of_what_is_appended() -> None:
    assert number_of(asked(), "Upload-Length") is None


def test_an_upload_begins_with_its_length_or_says_that_it_comes_later() -> None:
    assert declared_length(asked(upload_length="12")) == 12
    assert declared_length(asked(upload_length="0")) == 0
    assert declared_length(asked(upload_defer_length="1")) is None


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="neither"),
        pytest.param({"upload_length": "1", "upload_defer_length": "1"}, id="both"),
        pytest.param({"upload_defer_length": "0"}, id="deferred-by-0"),
        pytest.param({"upload_defer_length": "true"}, id="deferred-by-a-word"),
        pytest.param({"upload_length": "x"}, id="no-number"),
        pytest.param({"upload_length": "-1"}, id="negative"),
    ],
)
def test_an_upload_begins_with_exactly_one_of_the_two(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidUploadHeader):
        declared_length(asked(**headers))


def test_metadata_are_pairs_of_a_key_and_a_value_in_base64() -> None:
    read = metadata.decode("filename 5LiW55WMLnRneg==, empty ,flag,type  dGV4dC9wbGFpbg==")

    assert read == {"filename": "世界.tgz", "empty": "", "flag": "", "type": "text/plain"}
    assert list(read) == ["filename", "empty", "flag", "type"]


@pytest.mark.parametrize("header", [None, "", "  "])
def test_there_may_be_no_metadata(header: str | None) -> None:
    assert metadata.decode(header) == {}


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("a YQ==,a Yg==", id="same-key-twice"),
        pytest.param("a YQ==,a", id="same-key-as-a-flag"),
        pytest.param("a YQ==,", id="comma-at-the-end"),
        pytest.param(",a YQ==", id="comma-at-the-beginning"),
        pytest.param("a YQ==,,b Yg==", id="two-commas"),
        pytest.param("a YQ", id="no-padding"),
        pytest.param("a not_base64", id="other-alphabet"),
        pytest.param("a YQ== Yg==", id="two-values"),
        pytest.param("a /w==", id="not-utf-8"),
        pytest.param("a YQ==\x00", id="nul"),
        pytest.param("a é", id="not-ascii"),
    ],
)
def test_metadata_that_cannot_be_read_are_refused(header: str) -> None:
    with pytest.raises(InvalidUploadHeader) as refused:
        metadata.decode(header)

    assert refused.value.facts == {"header": "Upload-Metadata"}


@given(st.dictionaries(KEYS, st.text()))
def test_metadata_that_were_written_are_read_again(told: dict[str, str]) -> None:
    assert metadata.decode(metadata.encode(told)) == told


@given(st.text(max_size=200))
def test_no_metadata_make_more_than_a_refusal(text: str) -> None:
    try:
        metadata.decode(text)
    except InvalidUploadHeader:
        return


def test_an_upload_of_its_own_belongs_to_no_other() -> None:
    assert concat_of(asked()) is None


def test_an_upload_may_be_a_part_of_one_to_come() -> None:
    assert concat_of(asked(upload_concat="partial")) == "partial"


@pytest.mark.parametrize("base", ["", "https://registry.example", "http://127.0.0.1:8000/api", "/api"])
def test_an_upload_may_be_made_of_others_by_their_addresses(base: str) -> None:
    addresses = " ".join(f"{base}/v1/uploads/{part.path}" for part in (FIRST, SECOND, FIRST))

    assert concat_of(asked(upload_concat=f"final;{addresses}")) == [FIRST, SECOND, FIRST]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("Partial", id="other-case"),
        pytest.param("final", id="no-addresses"),
        pytest.param("final;", id="no-address"),
        pytest.param("final;  ", id="spaces"),
        pytest.param(f"other;/v1/uploads/{FIRST.path}", id="other-word"),
        pytest.param("final;/v1/uploads/x", id="one-level"),
        pytest.param("final;/v1/uploads/a/b/c", id="three-levels"),
        pytest.param(f"final;/v1/files/{FIRST.path}", id="elsewhere"),
        pytest.param("final;http://[/v1/uploads/a/b", id="no-address-at-all"),
    ],
)
def test_what_is_neither_partial_nor_final_is_refused(value: str) -> None:
    with pytest.raises(InvalidUploadHeader):
        concat_of(asked(upload_concat=value))


def test_no_upload_is_called_what_leads_out_of_its_bucket() -> None:
    with pytest.raises(NoSuchUpload):
        concat_of(asked(upload_concat="final;/v1/uploads/../secret"))


def test_a_checksum_comes_before_the_bytes_or_after_them() -> None:
    digest = hashlib.sha1(b"hello").digest()
    text = f"sha1 {base64.b64encode(digest).decode()}"

    assert checksums_of(asked(upload_checksum=text)) == [Checksum("sha1", digest)]
    assert checksums_of(asked({"upload-checksum": text})) == [Checksum("sha1", digest)]
    assert checksums_of(asked()) == checksums_of(asked({})) == []


def test_a_digest_counts_as_rfc_9530_writes_it() -> None:
    digest = hashlib.sha256(b"hello").digest()
    text = f"sha-256=:{base64.b64encode(digest).decode()}:, unixsum=:AAA=:"

    assert checksums_of(asked(content_digest=text)) == [Checksum("sha256", digest)]


@pytest.mark.parametrize("value", ["sha-256", "sha-256=abc", "sha-256=:a b:", ",", ""])
def test_a_digest_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(InvalidUploadHeader):
        checksums_of(asked(content_digest=value))


@pytest.mark.parametrize(
    "value", ["", "sha1", "sha1 !", "sha1 YQ==", "crc32 AAAA", "sha-1 qvTGHdzF6KLavt4PO0gs2a6pQ00="]
)
def test_a_checksum_that_is_none_or_of_another_algorithm_is_refused(value: str) -> None:
    with pytest.raises(UnsupportedChecksum):
        checksums_of(asked(upload_checksum=value))


def test_a_content_type_is_read_without_its_parameters() -> None:
    assert asked(content_type="Application/Offset+Octet-Stream; x=1").media_type == CHUNK
    assert asked().media_type == ""


def test_a_moment_is_told_as_http_does() -> None:
    assert http_date("2026-11-21T20:00:05.999Z") == "Sat, 21 Nov 2026 20:00:05 GMT"


def test_limits_are_told_by_name() -> None:
    known = UploadLimits(append=4194304, least=262144)

    assert limits(known) == {"Upload-Limit": "max-append-size=4194304, min-append-size=262144"}
    assert limits(known, whole=7)["Upload-Limit"].startswith("max-size=7, max-append-size=")
