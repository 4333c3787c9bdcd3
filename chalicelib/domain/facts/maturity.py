"""How settled a version looks by its number."""

from typing import Final

from chalicelib.domain.semver.versions import is_prerelease, version_key

LOWEST: Final = 30
HIGHEST: Final = 95
PRERELEASE_PENALTY: Final = 20


def maturity_score(version: str) -> int:
    """Answer 40 and 5 for each major version, at most 95; 20 less for a prerelease, but never below 30.

    Raises InvalidVersion; build metadata plays no part.
    """
    score = min(HIGHEST, 40 + 5 * version_key(version)[0])
    return max(LOWEST, score - PRERELEASE_PENALTY) if is_prerelease(version) else score


def is_experimental(version: str) -> bool:
    """Answer whether a version promises nothing yet: 0.x or a prerelease; raises InvalidVersion."""
    return version_key(version)[0] == 0 or is_prerelease(version)
