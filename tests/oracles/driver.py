"""Asks npm's own programs: one Node process a batch, JSON lines in, JSON lines out."""

import json
import os
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

ORACLES: Final = Path(__file__).parent
DEFAULT_SEED: Final = 20_260_619


def ask(oracle: str, cases: Sequence[Any]) -> list[Any]:
    """Answer what the oracle `tests/oracles/<oracle>.cjs` says to every case, in their order."""
    assert (ORACLES.parent / "node_modules" / "semver").is_dir(), "run make test, which installs the oracles"
    done = subprocess.run(
        ["node", f"{oracle}.cjs"],
        cwd=ORACLES,
        input="".join(f"{json.dumps(case)}\n" for case in cases),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases), "the oracle answers every case"
    return answers


def seeded(salt: str) -> random.Random:
    """Answer a source of chance that repeats itself; PRISM_TEST_SEED chooses another sequence."""
    return random.Random(f"{os.environ.get('PRISM_TEST_SEED', DEFAULT_SEED)}:{salt}")
