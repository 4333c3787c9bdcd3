"""What an operator is woken for: alarms as data, for a template and for an API call alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deployment.stage import API, Function, Stage

PERIOD_SECONDS: Final = 300
GATEWAY_SECONDS: Final = 29
"""How long API Gateway waits for an answer."""
NEARLY: Final = 0.85
"""The share of a function's time at which it is said to be running out."""
FAILED_ANSWERS: Final = 5
"""How many answers of 5xx in one period are no accident."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A metric that must stay below `threshold` in each of `periods` periods of five minutes, one at least of which
    must hold; `statistic` is CloudWatch's name of one, or a percentile."""

    name: str
    meaning: str
    namespace: str
    metric: str
    dimensions: dict[str, str]
    statistic: str
    threshold: float
    periods: int = 1

    @property
    def is_percentile(self) -> bool:
        """Whether the statistic is one that CloudWatch calls extended."""
        return self.statistic.startswith("p")


def alarms(stage: Stage) -> list[Alarm]:
    """Answer every alarm of a stage."""
    return [
        *_of_the_api(stage),
        *(alarm for function in stage.functions.values() for alarm in _of_a_function(function)),
        *(alarm for function in stage.events for alarm in _of_an_event_function(function)),
    ]


def _of_the_api(stage: Stage) -> Iterator[Alarm]:
    yield Alarm(
        name=f"{stage.functions[API].full_name}-answers-5xx",
        meaning="The API answers with failures; the function's log tells which.",
        namespace="AWS/ApiGateway",
        metric="5XXError",
        dimensions={"ApiName": stage.app, "Stage": stage.api_stage},
        statistic="Sum",
        threshold=FAILED_ANSWERS,
    )
    yield _of_lambda(
        stage.functions[API],
        "slow",
        "One answer in a hundred is about to take longer than API Gateway waits.",
        metric="Duration",
        statistic="p99",
        threshold=NEARLY * GATEWAY_SECONDS * 1000,
        periods=2,
    )


def _of_a_function(function: Function) -> Iterator[Alarm]:
    yield _of_lambda(
        function,
        "errors",
        "The function ended with an error; failures that are answered do not count.",
        metric="Errors",
    )
    yield _of_lambda(
        function,
        "throttles",
        "Invocations wait or are refused; the account's or the function's concurrency is used up.",
        metric="Throttles",
        periods=2,
    )


def _of_an_event_function(function: Function) -> Iterator[Alarm]:
    yield Alarm(
        name=f"{function.full_name}-dead-letters",
        meaning="An event was given up; `python -m deployment dead-letters` shows it and hands it in again.",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": function.dead_letters},
        statistic="Maximum",
        threshold=1,
    )
    yield _of_lambda(
        function,
        "lost-letters",
        "An event was given up and could not be kept; the guide to deploying says what is left to do.",
        metric="DestinationDeliveryFailures",
    )
    yield _of_lambda(
        function,
        "slow",
        "An event takes nearly as long as the function may run.",
        metric="Duration",
        statistic="Maximum",
        threshold=NEARLY * function.timeout * 1000,
    )


def _of_lambda(
    function: Function,
    ending: str,
    meaning: str,
    *,
    metric: str,
    statistic: str = "Sum",
    threshold: float = 1,
    periods: int = 1,
) -> Alarm:
    """Answer an alarm on what Lambda measures of a function."""
    return Alarm(
        name=f"{function.full_name}-{ending}",
        meaning=meaning,
        namespace="AWS/Lambda",
        metric=metric,
        dimensions={"FunctionName": function.full_name},
        statistic=statistic,
        threshold=threshold,
        periods=periods,
    )
