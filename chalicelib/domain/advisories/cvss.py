"""The base score of CVSS 3.0 and 3.1 vectors, exact: https://www.first.org/cvss/v3.1/specification-document, 7.

Its weights have two decimals, so all of it is computed in decimals: no rounding of binary fractions decides a score.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

VERSIONS: Final = ("CVSS:3.1", "CVSS:3.0")

_WEIGHTS: Final = {
    "AV": {"N": "0.85", "A": "0.62", "L": "0.55", "P": "0.2"},
    "AC": {"L": "0.77", "H": "0.44"},
    "UI": {"N": "0.85", "R": "0.62"},
    "C": {"H": "0.56", "L": "0.22", "N": "0"},
    "I": {"H": "0.56", "L": "0.22", "N": "0"},
    "A": {"H": "0.56", "L": "0.22", "N": "0"},
}
_PRIVILEGES: Final = {
    "U": {"N": "0.85", "L": "0.62", "H": "0.27"},
    "C": {"N": "0.85", "L": "0.68", "H": "0.5"},
}
"""What privileges weigh depends on whether the scope is unchanged or changed."""

_TENTH: Final = Decimal("0.1")
_HUNDRED_THOUSANDTH: Final = Decimal("0.00001")
_MOST: Final = Decimal(10)


def base_score(vector: str) -> float | None:
    """Answer the base score of a vector, 0.0 to 10.0, or None for a text that is no vector of CVSS 3."""
    version, _, rest = vector.strip().partition("/")
    metrics = dict(part.partition(":")[::2] for part in rest.split("/"))
    if version not in VERSIONS or len(metrics) != rest.count("/") + 1:
        return None
    try:
        exact = _exact(metrics)
    except KeyError:
        return None
    return float(_rounded_up(exact, version))


def _exact(metrics: dict[str, str]) -> Decimal:
    """Answer the score before it is rounded; raises KeyError for a metric that is missing or unknown."""
    weights = {name: Decimal(values[metrics[name]]) for name, values in _WEIGHTS.items()}
    privileges = Decimal(_PRIVILEGES[metrics["S"]][metrics["PR"]])
    changed = metrics["S"] == "C"
    lost = 1 - (1 - weights["C"]) * (1 - weights["I"]) * (1 - weights["A"])
    impact = (
        Decimal("7.52") * (lost - Decimal("0.029")) - Decimal("3.25") * (lost - Decimal("0.02")) ** 15
        if changed
        else Decimal("6.42") * lost
    )
    if impact <= 0:
        return Decimal(0)
    ease = Decimal("8.22") * weights["AV"] * weights["AC"] * privileges * weights["UI"]
    return min((impact + ease) * (Decimal("1.08") if changed else 1), _MOST)


def _rounded_up(score: Decimal, version: str) -> Decimal:
    """Round up to one decimal; 3.1 first drops what a binary fraction could have added (its appendix A)."""
    if version == "CVSS:3.1":
        score = (score + _HUNDRED_THOUSANDTH / 2).quantize(_HUNDRED_THOUSANDTH, ROUND_FLOOR)
    return score.quantize(_TENTH, ROUND_CEILING)
