"""The page of limits says what the code does, and was measured on every pinned package."""

import re
from pathlib import Path

import pytest

from chalicelib.settings import Limits
from scripts.fetch_packages import pinned

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "limits.md").read_text()
COMMAND = "benchmarks/limits.py"
MEMORY = 1769e6
SECONDS = 29
ROW = re.compile(r"^\| (?P<package>\S+@\S+) \| (?P<cells>[^\n]+) \|$", re.MULTILINE)


def figures() -> dict[str, list[str]]:
    """Answer the measured cells of each package."""
    return {found["package"]: found["cells"].split(" | ") for found in ROW.finditer(PAGE)}


def test_every_pinned_package_was_measured() -> None:
    assert {f"{row['name']}@{row['version']}" for row in pinned()} <= set(figures())


def test_the_page_names_the_command_that_measures() -> None:
    assert COMMAND in PAGE
    assert (ROOT / COMMAND).exists()


def test_every_publish_stays_within_one_core_and_the_gateways_time() -> None:
    for package, (_, http_peak, http_wall, _, peak, wall, _) in figures().items():
        assert float(peak) * 1e6 < MEMORY, package
        assert float(wall) < SECONDS, package
        assert http_peak == "too large" or (float(http_peak) * 1e6 < MEMORY and float(http_wall) < SECONDS), (
            package
        )


@pytest.mark.parametrize(
    ("variable", "default"),
    [
        ("PRISM_MAX_PAYLOAD", Limits().payload),
        ("PRISM_MAX_UNPACKED_SIZE", Limits().unpacked_size),
        ("PRISM_MAX_FILES", Limits().file_count),
        ("PRISM_MAX_PATH_LENGTH", Limits().path_length),
        ("PRISM_MAX_RATIO", Limits().ratio),
    ],
)
def test_the_defaults_it_tells_are_the_settings(variable: str, default: int) -> None:
    assert f"| `{variable}` | {default} |" in PAGE
