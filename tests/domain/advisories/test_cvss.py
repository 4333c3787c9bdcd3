"""CVSS 3 base scores, against scores that were published with their vectors."""

import pytest

from chalicelib.domain.advisories.cvss import base_score

PUBLISHED = {
    "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": 9.8,
    "AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H": 10.0,
    "AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N": 6.4,
    "AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N": 3.1,
    "AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N": 6.1,
    "AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H": 7.5,
    "AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N": 5.3,
    "AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H": 7.2,
    "AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H": 7.8,
    "AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:H/A:H": 7.0,
    "AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:H": 9.3,
    "AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": 6.8,
    "AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N": 0.0,
    "AV:N/AC:L/PR:H/UI:N/S:C/C:N/I:N/A:N": 0.0,
}


@pytest.mark.parametrize("version", ["3.0", "3.1"])
@pytest.mark.parametrize(("metrics", "score"), PUBLISHED.items())
def test_a_vector_has_the_score_that_was_published(version: str, metrics: str, score: float) -> None:
    assert base_score(f"CVSS:{version}/{metrics}") == score


def test_other_metrics_and_their_order_do_not_change_the_base_score() -> None:
    vector = "CVSS:3.1/S:U/C:H/I:H/A:H/AV:N/AC:L/PR:N/UI:N/E:P/RL:O/RC:C/MAV:L"

    assert base_score(vector) == 9.8


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9.8",
        "AV:N/AC:L/Au:N/C:P/I:P/A:P",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        "CVSS:3.1",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:X",
        "CVSS:3.1/AV:N/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    ],
)
def test_what_is_no_whole_vector_of_cvss_3_has_no_score(text: str) -> None:
    assert base_score(text) is None
