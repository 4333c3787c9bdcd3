"""Several calls of a medium at once, for those that need not wait for each other."""

from collections.abc import Callable
from contextvars import copy_context
from threading import Thread


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
