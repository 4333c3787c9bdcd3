"""Reports what an operator may want to know before trusting a version.

`docs/concepts/signals.md` lists the codes; they stay as they are once released.
"""

from itertools import islice
from typing import Final

from chalicelib.analyzers.base import Found, Subject
from chalicelib.domain.metadata import Signal
from chalicelib.domain.signals import code, contents, declared
from chalicelib.domain.signals.inspection import Inspection
from chalicelib.domain.signals.rule import Rule

name = "signals"
version = "1"
requires: tuple[str, ...] = ()
essential = False

RULES: Final[tuple[Rule, ...]] = (*declared.RULES, *contents.RULES, *code.RULES)
MAX_OF_ONE_CODE: Final = 20


def analyze(subject: Subject) -> Found:
    """Answer the Signals of a package, in the order of the rules and at most MAX_OF_ONE_CODE of each."""
    inspection = Inspection(subject.name, subject.version, subject.package)
    signals = [signal for rule in RULES for signal in _apply(rule, inspection)]
    return Found(_verdict(signals), signals)


def _apply(rule: Rule, inspection: Inspection) -> list[Signal]:
    observations = islice(rule.look(inspection), MAX_OF_ONE_CODE)
    return [
        Signal(code=rule.code, severity=rule.severity, path=seen.path, detail=seen.detail)
        for seen in observations
    ]


def _verdict(signals: list[Signal]) -> str:
    counts = {
        severity: sum(signal.severity == severity for signal in signals) for severity in ("danger", "warning")
    }
    said = [f"{count} {severity}" for severity, count in counts.items() if count]
    return ", ".join(said) or "nothing to warn of"
