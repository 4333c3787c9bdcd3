"""The guide to audits: its record is one, and every command in it exists."""

import json
import re
from pathlib import Path
from typing import Final

from chalicelib.api.npm import audit
from chalicelib.cli.__main__ import build_parsers
from chalicelib.cli.commands import advisories
from tests.worlds import memory_world

GUIDE: Final = (Path(__file__).parents[2] / "docs/guides/audit.md").read_text()


def test_the_record_of_the_guide_is_taken_in_and_found() -> None:
    (block,) = re.findall(r"^```json\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE)
    advising = memory_world().container.advising

    assert advising.take_in([json.loads(block)]).new == 1

    (entry,) = advising.bulk({"@acme/widget": ["2.1.2"]})["@acme/widget"]
    assert (entry["severity"], entry["vulnerable_versions"]) == ("high", ">=2.0.0 <2.1.3")
    assert entry["title"] == "Tokens are logged (ACME-2026-1)"
    assert entry["url"] == "https://wiki.acme.example/ACME-2026-1"


def test_every_outcome_and_limit_is_told_as_it_is() -> None:
    assert {name for name in (*advisories.NUMBERS[1:], "refused") if f"\n| `{name}` |" not in GUIDE} == set()
    limits = f"{audit.MAX_NAMES:,} packages with {audit.MAX_VERSIONS:,} versions, and have {audit.MAX_BYTES >> 20} MB"
    assert limits in GUIDE


def test_the_commands_of_the_guide_are_commands() -> None:
    parser, _ = build_parsers()
    commands = re.findall(r"^prism (.*)$", GUIDE, flags=re.MULTILINE)

    assert commands == ["advisories import all.zip"]
    assert parser.parse_args(commands[0].split()).source == "all.zip"
