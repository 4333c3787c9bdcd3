"""`prism advisories` sends OSV records in portions from whatever holds them, and lists those of a package."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chalicelib.cli.commands import advisories
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.osv import batches, is_about_npm, records_in
from tests.cli.conftest import Prism, text
from tests.cli.fake_registry import FakeRegistry, Reply, problem
from tests.domain.advisories.records import affected, osv

IMPORT = "POST /v1/advisories"
NUMBERS = dict.fromkeys(advisories.NUMBERS, 0)


def report(**numbers: Any) -> dict[str, Any]:
    """Answer the registry's report on a portion."""
    return {"dryRun": False, **NUMBERS, "refused": [], **numbers}


def zipped(*records: dict[str, Any]) -> bytes:
    """Answer a zip archive of records, as databases are dumped."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for record in records:
            archive.writestr(f"{record['id']}.json", json.dumps(record))
        archive.writestr("README.md", "not a record")
    return target.getvalue()


FORMS = {
    "one.json": json.dumps(osv("A-1")).encode(),
    "many.json": json.dumps([osv("A-1"), osv("A-2")]).encode(),
    "lines.jsonl": b"\n".join(json.dumps(osv(f"A-{number}")).encode() for number in (1, 2)) + b"\n\n",
    "all.zip": zipped(osv("A-1"), osv("A-2")),
}


@pytest.mark.parametrize(("name", "data"), FORMS.items(), ids=list(FORMS))
def test_records_are_read_from_every_form(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    stdin = io.TextIOWrapper(io.BytesIO(data))

    read = list(records_in(str(tmp_path / name), io.StringIO()))

    assert [record["id"] for record in read] == ["A-1", "A-2"][: len(read)]
    assert read[0] == osv("A-1")
    assert list(records_in("-", stdin)) == read


def test_a_folder_is_read_with_those_below_it(tmp_path: Path) -> None:
    (tmp_path / "2026" / "01").mkdir(parents=True)
    (tmp_path / "2026" / "01" / "A-1.json").write_text(json.dumps(osv("A-1")))
    (tmp_path / "A-2.json").write_text(json.dumps(osv("A-2")))
    (tmp_path / "notes.txt").write_text("not a record")

    assert [record["id"] for record in records_in(str(tmp_path), io.StringIO())] == ["A-1", "A-2"]


def test_what_is_not_about_npm_is_not_sent_and_what_is_odd_is() -> None:
    python = osv(affected=[affected("requests", ecosystem="PyPI")])

    sent = [is_about_npm(record) for record in (osv(), python, {"id": "A-1"}, "x", {"affected": "x"})]

    assert sent == [True, False, False, True, True]


def test_portions_are_bounded_in_number_and_size() -> None:
    records = [osv(f"A-{number}") for number in range(7)]
    one = len(json.dumps(records[0]))

    assert [len(batch) for batch in batches(records, count=3, size=100 * one)] == [3, 3, 1]
    assert [len(batch) for batch in batches(records, count=100, size=2 * one)] == [2, 2, 2, 1]
    assert [len(batch) for batch in batches(records, count=100, size=1)] == [1] * 7


def test_an_import_goes_in_portions_and_sums_them_up(
    prism: Prism, registry: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advisories, "MOST_RECORDS", 2)
    records = [*(osv(f"A-{number}") for number in range(3)), osv(affected=[affected("x", ecosystem="Go")])]
    (tmp_path / "all.zip").write_bytes(zipped(*records))
    registry.answer(
        IMPORT, Reply(report(received=2, new=2)), Reply(report(received=1, withdrawn=1, dryRun=False))
    )

    result = prism("advisories", "import", str(tmp_path / "all.zip"))

    assert [json.loads(asked.body) for asked in registry.asked] == [
        {"advisories": records[:2], "dryRun": False},
        {"advisories": records[2:3], "dryRun": False},
    ]
    assert result.out == "4 advisories: 2 new, 1 withdrawn, 1 not about npm\n"
    assert result.status is ExitStatus.OK


def test_a_dry_run_says_that_nothing_was_written(
    prism: Prism, registry: FakeRegistry, tmp_path: Path
) -> None:
    (tmp_path / "one.json").write_text(json.dumps(osv()))
    registry.answer(IMPORT, report(received=1, unchanged=1, dryRun=True))

    result = prism("advisories", "import", str(tmp_path / "one.json"), "--dry-run")

    assert json.loads(registry.asked[0].body)["dryRun"] is True
    assert result.out == "1 advisory: 1 unchanged; nothing was written\n"


def test_how_far_an_import_is_is_told_from_time_to_time(
    prism: Prism, registry: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advisories, "MOST_RECORDS", 1)
    (tmp_path / "many.json").write_text(json.dumps([osv(f"A-{number}") for number in range(12)]))
    registry.answer(IMPORT, report(received=1, new=1))

    result = prism("advisories", "import", str(tmp_path / "many.json"))

    assert result.err.splitlines() == ["5 advisories are sent", "10 advisories are sent"]
    assert result.out == "12 advisories: 12 new\n"


def test_what_was_refused_is_told_and_fails_the_import(
    prism: Prism, registry: FakeRegistry, tmp_path: Path
) -> None:
    (tmp_path / "many.json").write_text(json.dumps([osv(), 42]))
    refused = {"index": 1, "code": "invalid_advisory", "detail": "it is\nno record"}
    registry.answer(IMPORT, report(received=2, new=1, refused=[refused]))

    result = prism("advisories", "import", str(tmp_path / "many.json"), "--json")

    assert result.err == "refused record 1: it is no record\n"
    assert json.loads(result.out) == {**report(received=2, new=1), "refused": [refused]}
    assert result.status is ExitStatus.FAILURE


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("missing.json", None, "cannot be read: no such file or directory"),
        ("torn.json", b'{"id": ', "is neither JSON nor JSON lines: line 1"),
        ("torn.zip", FORMS["all.zip"][:100], "is a damaged zip archive"),
    ],
    ids=["missing", "torn", "torn archive"],  # the archive's bytes tell when it was made
)
def test_a_file_that_holds_no_records_is_told_of(
    prism: Prism, tmp_path: Path, name: str, data: bytes | None, said: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)

    result = prism("advisories", "import", str(tmp_path / name))

    assert said in result.err
    assert result.status is ExitStatus.FAILURE


def test_a_refusal_of_the_registry_ends_the_import(
    prism: Prism, registry: FakeRegistry, tmp_path: Path
) -> None:
    (tmp_path / "one.json").write_text(json.dumps(osv()))
    registry.answer(IMPORT, problem(403, "forbidden", "this needs a token with the scope `admin`"))

    result = prism("advisories", "import", str(tmp_path / "one.json"))

    assert "this needs a token with the scope `admin`" in result.err
    assert result.status is ExitStatus.DENIED


def test_a_record_that_is_too_large_keeps_no_others_back(
    prism: Prism, registry: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advisories, "MOST_BYTES", 1)
    (tmp_path / "many.json").write_text(json.dumps([osv("A-1"), osv("A-2")]))
    too_large = problem(413, "payload_too_large", "the body has too many bytes")
    registry.answer(IMPORT, too_large, Reply(report(received=1, new=1)))

    result = prism("advisories", "import", str(tmp_path / "many.json"))

    assert result.err == "refused A-1: the body has too many bytes\n"
    assert result.out == "2 advisories: 1 new, 1 refused\n"
    assert result.status is ExitStatus.FAILURE


def test_the_advisories_for_a_package_are_listed(prism: Prism, registry: FakeRegistry) -> None:
    withdrawn = osv("A-2", withdrawn="2026-02-01T00:00:00Z", summary="")
    registry.answer(
        "GET /v1/advisories?name=%40acme%2Fwidget", {"name": "@acme/widget", "advisories": [osv(), withdrawn]}
    )

    result = prism("advisories", "list", "@acme/widget")

    assert result.out == text(
        """
        GHSA-35jh-r3h4-6jhm  modified 2026-01-01T00:00:00Z   Something can be injected
        A-2                  withdrawn 2026-02-01T00:00:00Z
        """
    )
    assert json.loads(prism("advisories", "list", "@acme/widget", "--json").out)["advisories"][0] == osv()


def test_that_there_are_none_is_said(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/advisories?name=left-pad", {"name": "left-pad", "advisories": []})

    result = prism("advisories", "list", "left-pad")

    assert (result.out, result.err) == ("", "there are no advisories for left-pad\n")
