"""The id of an archive follows from what is in it."""

import random

import pytest

from chalicelib.domain.archives.documents import Archive, Member, archive_of

MEMBERS = [
    Member(name="widget-1.0.0.tgz", size=3, sha256="1" * 64, package="widget", version="1.0.0"),
    Member(name="acme-b-1.0.0.tgz", size=4, sha256="2" * 64, package="@acme/b", version="1.0.0"),
    Member(name="acme-b-1.0.0.tgz", size=5, sha256="3" * 64, package="acme-b", version="1.0.0"),
]


def test_it_is_the_same_in_whatever_order_one_asks() -> None:
    for seed in range(5):
        shuffled = random.Random(seed).sample(MEMBERS, len(MEMBERS))
        assert archive_of(shuffled, "zip") == archive_of(MEMBERS, "zip")


def test_members_are_in_order_and_no_two_of_them_alike() -> None:
    assert [each.name for each in archive_of(MEMBERS, "zip").members] == [
        "acme-b-1.0.0 (2).tgz",
        "acme-b-1.0.0.tgz",
        "widget-1.0.0.tgz",
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "x.tgz"},
        {"size": 9},
        {"sha256": "9" * 64},
        {"package": "gadget"},
        {"version": "2.0.0"},
        {"file": "f"},
    ],
)
def test_anything_else_in_it_is_another_archive(changed: dict[str, object]) -> None:
    other = [MEMBERS[0].model_copy(update=changed), *MEMBERS[1:]]

    assert archive_of(other, "zip").id != archive_of(MEMBERS, "zip").id


def test_another_format_and_another_bucket_are_other_archives() -> None:
    ids = {
        archive_of(MEMBERS, "zip").id,
        archive_of(MEMBERS, "tar.gz").id,
        archive_of(MEMBERS, "zip", bucket="b").id,
    }

    assert len(ids) == 3


def test_it_is_kept_as_it_is() -> None:
    archive = archive_of(MEMBERS, "tar.gz")

    assert Archive.from_bytes(archive.to_bytes()) == archive
    assert archive.size == 12
    assert archive.packages == ["@acme/b", "acme-b", "widget"]


def test_no_member_leads_out_of_the_folder_where_it_is_unpacked() -> None:
    names = ["../../etc/passwd", "C:\\a.txt", "con", ".", "a\nb"]
    members = [Member(name=name, size=1, file=str(number)) for number, name in enumerate(names)]

    for each in archive_of(members, "zip", bucket="b").members:
        assert not set(each.name) & set("/\\:\n")
        assert each.name not in {".", "..", "con"}


def test_it_is_called_after_what_is_in_it() -> None:
    assert archive_of(MEMBERS[1:2], "zip").filename == "acme-b.zip"
    assert archive_of(MEMBERS, "tar.gz").filename.startswith("packages-")
    assert archive_of(MEMBERS, "zip", bucket="0123456789ab").filename == "0123456789ab.zip"
