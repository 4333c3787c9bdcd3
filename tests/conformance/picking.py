"""Which version npm picks, asked of packuments made from a seed."""

import json
import random
from collections.abc import Iterator
from typing import Any

from tests.conformance.comparing import Compared
from tests.domain.test_picking import WANTED, options, ours, packument
from tests.oracles.driver import ask


def compare_picks(seed: int, count: int) -> Iterator[Compared]:
    """Ask npm-pick-manifest: tags, ranges, deprecations, engines, `before`, and versions to avoid."""
    chance = random.Random(seed)
    cases: list[dict[str, Any]] = [
        {"packument": packument(chance), "wanted": chance.choice(WANTED), "options": options(chance)}
        for _ in range(count)
    ]
    for case, theirs in zip(cases, ask("picks", cases), strict=True):
        shown = json.dumps({"wanted": case["wanted"], "options": case["options"]})
        yield Compared(
            "picking", "npm-pick-manifest", "version", shown, ours(case), theirs, case["packument"]
        )
