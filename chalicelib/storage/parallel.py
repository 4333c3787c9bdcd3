"""Several calls of a medium at once, for those that need not wait for each other."""

from collections.abc import Callable, Iterable
from contextvars import Context, copy_context
from threading import Thread
from typing import Final, TypeVar

MOST_AT_ONCE: Final = 8

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def at_once(*calls: Callable[[], object]) -> None:
    """Make calls at the same time, and return when all of them have; raises what the first of them raised."""
    failures: list[BaseException | None] = [None] * len(calls)

    def make(number: int) -> None:
        try:
            calls[number]()
        except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
            failures[number] = error

    # A thread begins without the caller's context, in which telemetry counts.
    threads = [Thread(target=copy_context().run, args=(make, number)) for number in range(1, len(calls))]
    for thread in threads:
        thread.start()
    for number in range(min(1, len(calls))):
        make(number)
    for thread in threads:
        thread.join()
    for failure in failures:
        if failure is not None:
            raise failure


def in_parallel(
    call: Callable[[Item], Answer], wanted: Iterable[Item], *, most: int = MOST_AT_ONCE
) -> list[Answer]:
    """Answer what a call comes to for each of many things, in their order; raises what the first of them raised.

    At most so many calls are made at the same time, and those that have not begun by then are not made.
    """
    items = list(wanted)
    if len(items) <= 1:
        return [call(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    def make(context: Context, item: Item) -> Answer:
        return context.run(call, item)

    with ThreadPoolExecutor(min(most, len(items))) as pool:
        # A thread begins without the caller's context, in which telemetry counts, and no two can be in one context.
        return list(pool.map(make, [copy_context() for _ in items], items))
