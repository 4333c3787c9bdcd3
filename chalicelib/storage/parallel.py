"""Several calls of a medium at once, for those that need not wait for each other."""

import os
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import copy_context
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

THREADS: Final = 32
"""How many calls of a process are made at once; those beyond are made by whoever waits for them."""

MOST_AT_ONCE: Final = 8

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Make calls at the same time; answers, when all have returned, what each did, or raises what the first raised."""
    answers: list[Any] = []
    failures: list[BaseException] = []
    others = [begun(call) for call in calls[1:]]
    for outcome in (*calls[:1], *others):
        try:
            answers.append(outcome())
        except BaseException as error:  # noqa: BLE001 - raised again once all of them have returned
            failures.append(error)
    if failures:
        raise failures[0]
    return answers


def in_parallel(
    call: Callable[[Item], Answer], wanted: Iterable[Item], *, most: int = MOST_AT_ONCE
) -> list[Answer]:
    """Answer what a call comes to for each of many things, in their order; raises what the first of them raised.

    At most so many calls are made at the same time, and those that have not begun by then are not made.
    """
    # No two calls can be in one context, even if one thread makes them.
    waiting = deque((number, item, copy_context()) for number, item in enumerate(wanted))
    answers: dict[int, Answer] = {}
    failures: dict[int, BaseException] = {}

    def work() -> None:
        while not failures:
            try:
                number, item, context = waiting.popleft()
            except IndexError:
                return
            try:
                answers[number] = context.run(call, item)
            except BaseException as error:  # noqa: BLE001 - raised again once all of them have returned
                failures[number] = error

    at_once(*[work] * min(most, len(waiting)))
    if failures:
        raise failures[min(failures)]
    return [answers[number] for number in sorted(answers)]


def begun(call: Callable[[], Answer]) -> Callable[[], Answer]:
    """Begin a call in another thread; answers what waits for its end, then answers or raises what the call did.

    Where no thread has taken the call by then, whoever waits makes it. So calls may begin others and wait for them,
    and no number of them can use the threads up.
    """
    # A thread begins without the caller's context, in which telemetry counts.
    context = copy_context()
    future = _threads().submit(context.run, call)

    def outcome() -> Answer:
        return context.run(call) if future.cancel() else future.result()

    return outcome


@cache
def _threads() -> "ThreadPoolExecutor":
    """Answer the threads of this process, which begin when they are first needed and stay: a new one costs more."""
    from concurrent.futures import ThreadPoolExecutor

    # A child has none of its parent's threads.
    os.register_at_fork(after_in_child=_threads.cache_clear)
    return ThreadPoolExecutor(THREADS, thread_name_prefix="medium")
