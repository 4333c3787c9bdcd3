"""OSV records: of whom they speak, which state is the later one, and what is no record."""

from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.domain.advisories.records import Advisory, InvalidAdvisory
from chalicelib.domain.names import PackageName
from tests.domain.advisories.records import affected, osv

LODASH = PackageName("lodash")


def read(**fields: Any) -> Advisory:
    """Read a record with some fields of its own."""
    return Advisory.model_validate(osv(**fields))


def test_a_record_speaks_of_the_packages_of_npm_alone() -> None:
    parts = [affected("lodash"), affected("lodash-rails", ecosystem="RubyGems"), affected("@acme/widget")]

    assert read(affected=parts).packages == ["@acme/widget", "lodash"]


def test_names_are_those_of_the_registry() -> None:
    assert read(affected=[affected("JSONStream"), affected("node_modules")]).packages == ["jsonstream"]


def test_several_parts_of_one_package_count_together() -> None:
    later = affected("lodash", [{"introduced": "2.0.0"}, {"fixed": "2.1.0"}])
    record = read(affected=[affected("lodash"), later, affected("other", [{"introduced": "0"}])])

    assert record.spans(LODASH).npm_range() == "<1.2.0 || >=2.0.0 <2.1.0"
    assert record.about(LODASH).packages == ["lodash"]


def test_a_record_that_was_withdrawn_affects_nothing() -> None:
    assert not read(withdrawn="2026-02-01T00:00:00Z").spans(LODASH).contain("1.0.0")


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z"),
        ("2026-01-01T00:30:00+02:00", "2026-01-01T00:00:00Z"),
        ("2025-12-31T23:59:59.999999999Z", "2026-01-01T00:00:00Z"),
    ],
)
def test_the_later_state_is_that_of_the_later_moment(earlier: str, later: str) -> None:
    assert read(modified=earlier).is_older_than(read(modified=later))
    assert not read(modified=later).is_older_than(read(modified=earlier))


def test_what_is_not_read_is_kept_as_it_came() -> None:
    record = osv(credits=[{"name": "Alice"}], database_specific={"github_reviewed": True})

    assert Advisory.model_validate(record).to_json_value() == record


def test_an_event_that_cannot_be_ordered_names_the_record_and_the_package() -> None:
    with pytest.raises(InvalidAdvisory, match=r"`GHSA-35jh-r3h4-6jhm`, events of `lodash`: `1\.x`"):
        read(affected=[affected("lodash", [{"introduced": "1.x"}])]).spans(LODASH)


@pytest.mark.parametrize(
    "fields",
    [
        {"id": ""},
        {"id": "../../access/tokens"},
        {"id": "x" * 101},
        {"modified": "yesterday"},
        {"modified": None},
        {"affected": {}},
        {"affected": [{"package": {"name": "lodash"}}]},
        {"affected": [affected("lodash", [{"introduced": 1}])]},  # type: ignore[dict-item]
        {"severity": "HIGH"},
    ],
)
def test_other_documents_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Advisory.model_validate({**osv(), **fields})
