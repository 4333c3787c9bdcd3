"""Several calls of a medium at once, for those that need not wait for each other."""

import os
from collections.abc import Callable
from contextvars import copy_context
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

THREADS: Final = 32
"""How many calls of a process are made at once; those beyond are made by whoever waits for them."""

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
