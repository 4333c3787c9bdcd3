"""The ids, checksums and limits of uploads."""

import base64
import hashlib
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.uploads.checksums import ALGORITHMS, Checksum
from chalicelib.domain.uploads.errors import (
    ChecksumMismatch,
    NoSuchUpload,
    TooManyBytes,
    UnsupportedChecksum,
)
from chalicelib.domain.uploads.ids import Fid
from chalicelib.domain.uploads.limits import GIB, KIB, MIB, TIB, UploadLimits
from chalicelib.storage.port import is_key
from chalicelib.stores.uploads.places import Place, before_all_that_hold

SID = "0123456789ab"
UUID = "01234567-89ab-4def-8123-456789abcdef"


def test_an_id_is_written_as_it_is_read() -> None:
    fid = Fid.parse(f"{SID}++{UUID}")

    assert fid == (SID, UUID)
    assert str(fid) == f"{SID}++{UUID}"
    assert fid.path == f"{SID}/{UUID}"


def test_ids_that_are_made_can_be_read() -> None:
    fid = Fid.made_of(b"\0" * 6, uuid4().bytes)

    assert Fid.parse(str(fid)) == fid


@pytest.mark.parametrize(
    "text",
    [
        "",
        "++",
        SID,
        f"{SID}+{UUID}",
        f"{SID}++{UUID}\n",
        f"{SID}++{UUID}/..",
        f"{SID}++{UUID}++x",
        f"{SID.upper()}++{UUID}",
        f"{SID}++{UUID.upper()}",
        f"{SID}0++{UUID}",
        f"../../../++{UUID}",
        f"..++{UUID}",
        f"{SID}++../../../../etc/passwd",
        f"{SID}++{UUID.replace('-4', '-1')}",
        f"{SID}++{UUID}\0",
        f"%2e%2e++{UUID}",
        f"０{SID[1:]}++{UUID}",  # noqa: RUF001 - a digit that is none of ours
    ],
)
def test_what_no_upload_is_called_is_no_upload(text: str) -> None:
    with pytest.raises(NoSuchUpload) as refused:
        Fid.parse(text)

    assert refused.value.code == "upload_not_found"


@given(st.text(max_size=80))
def test_whatever_is_read_as_an_id_stays_in_its_own_place(text: str) -> None:
    try:
        fid = Fid.parse(text)
    except NoSuchUpload:
        return
    key = ObjectKeys().upload_info(*fid)
    assert is_key(key)
    assert key.count("/") == 4


@given(st.integers(0, 10**15 - 1), st.integers(0, 99_999))
def test_the_name_of_a_chunk_tells_its_place(start: int, number: int) -> None:
    place = Place(start, number)

    assert Place.parse(str(place)) == place


@given(st.integers(0, 10**14), st.integers(1, 10**9), st.integers(0, 10**9))
def test_later_chunks_come_first_and_the_one_that_holds_a_byte_is_found(
    start: int, size: int, beyond: int
) -> None:
    first = Place(start, 3)
    second = first.after(size)

    names = sorted([str(first), str(second)])

    assert names == [str(second), str(first)]
    wanted = start + beyond % size
    assert next(name for name in names if name > before_all_that_hold(wanted)) == str(first)


@pytest.mark.parametrize("name", ["", "1", "0" * 15, "0" * 15 + "-1", "0" * 15 + "-00000x", "x" * 21])
def test_other_names_are_no_chunks(name: str) -> None:
    assert Place.parse(name) is None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_checksum_fits_its_bytes_alone(algorithm: str) -> None:
    digest = base64.b64encode(hashlib.new(algorithm, b"abc").digest()).decode()
    checksum = Checksum.parse(f"{algorithm.upper()} {digest}")

    checksum.check(b"abc")

    with pytest.raises(ChecksumMismatch):
        checksum.check(b"abd")


@pytest.mark.parametrize(
    "text",
    ["", "sha1", "sha1 ", "sha1 !!", "sha1 YWJj", "crc32 YWJj", "sha1  ", "sha1 " + "A" * 4_000, "é e"],
)
def test_what_is_no_checksum_is_refused_with_those_that_are_known(text: str) -> None:
    with pytest.raises(UnsupportedChecksum) as refused:
        Checksum.parse(text)

    assert refused.value.facts["supported"] == list(ALGORITHMS)


def test_a_gateway_takes_78_gib_in_chunks_and_a_server_of_ones_own_almost_five_tib() -> None:
    assert UploadLimits().whole == 20_000 * 4 * MIB
    assert UploadLimits(append=256 * MIB).whole > 4.8 * TIB
    assert UploadLimits(append=512 * MIB).whole == 5 * TIB


def test_five_tib_may_be_joined_of_parts() -> None:
    limits = UploadLimits()

    assert limits.parts * limits.whole > 5 * TIB
    limits.check_joined(5 * TIB)
    with pytest.raises(TooManyBytes):
        limits.check_joined(5 * TIB + 1)


@given(st.integers(0, 5 * TIB))
def test_chunks_of_the_least_size_are_never_too_many(length: int) -> None:
    limits = UploadLimits(append=300 * MIB)

    least = limits.least_append(length)

    assert least * limits.chunks >= length
    assert 256 * KIB <= least <= limits.append


def test_the_least_size_of_chunks_is_small_for_what_is_small() -> None:
    assert UploadLimits().least_append(4 * GIB) == 256 * KIB
    assert UploadLimits().least_append(None) == 256 * KIB
