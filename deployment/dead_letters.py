"""Events that a function gave up: to be read, and to be handed in again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from deployment.account import Account
from deployment.stage import Function, Stage

AT_ONCE: Final = 10
"""The most letters that SQS hands out at once."""
HIDDEN_SECONDS: Final = 60
"""For how long a letter that was handed out is not handed out again."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that was given up: when, why, after how many attempts, and the event itself."""

    function: str
    at: str
    reason: str
    attempts: int
    event: dict[str, Any]
    receipt: str

    @property
    def keys(self) -> list[str]:
        """The keys that the event announced, as they stand in it; a schedule announces none."""
        return [record["s3"]["object"]["key"] for record in self.event.get("Records", ())]


def dead_letters(account: Account, stage: Stage) -> Iterator[DeadLetter]:
    """Answer every letter of a stage; each is then hidden from other readers for a minute."""
    for function in stage.events:
        yield from _letters(account, function)


def redrive(account: Account, stage: Stage) -> Iterator[DeadLetter]:
    """Hand every letter's event to its function again, and answer the letters; they are gone then.

    A letter is removed only once Lambda has taken the event, so that it may be handed in twice, and is never lost.
    """
    for function in stage.events:
        for letter in _letters(account, function):
            account.functions.invoke(
                FunctionName=function.full_name,
                InvocationType="Event",
                Payload=json.dumps(letter.event).encode(),
            )
            account.queues.delete_message(QueueUrl=_url(account, function), ReceiptHandle=letter.receipt)
            yield letter


def _letters(account: Account, function: Function) -> Iterator[DeadLetter]:
    url = _url(account, function)
    while True:
        answer = account.queues.receive_message(
            QueueUrl=url, MaxNumberOfMessages=AT_ONCE, VisibilityTimeout=HIDDEN_SECONDS, WaitTimeSeconds=1
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        for message in messages:
            yield _letter(function, message)


def _letter(function: Function, message: dict[str, Any]) -> DeadLetter:
    """Read what Lambda sends to a destination: the event, and what became of its last attempt."""
    told = json.loads(message["Body"])
    context, response = told["requestContext"], told.get("responsePayload") or {}
    return DeadLetter(
        function=function.full_name,
        at=told["timestamp"],
        reason=response.get("errorMessage") or context["condition"],
        attempts=context["approximateInvokeCount"],
        event=told["requestPayload"],
        receipt=message["ReceiptHandle"],
    )


def _url(account: Account, function: Function) -> str:
    url: str = account.queues.get_queue_url(QueueName=function.dead_letters)["QueueUrl"]
    return url
