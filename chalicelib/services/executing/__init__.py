"""Executing: work in stages, kept in a bucket, that any worker can take up where another left it.

A job is taken up under a lease. Each stage that was finished leaves a checkpoint: the digest of what went in and what
came out. Whoever takes a job up goes on after the last checkpoint that still holds, so a stage is done again only if
its worker died before it could say that it was done. Every worker writes what it does into the run's numbered log; one
that was overtaken loses its next write there, and stops.

An attempt that fails for a reason of our own is repeated by whoever comes next, up to a limit; a refusal ends the job.
"""

from chalicelib.services.executing.checkpoints import newest_checkpoints
from chalicelib.services.executing.executor import Executor, Limits, Outcome, Wish
from chalicelib.services.executing.hold import Watch
from chalicelib.services.executing.queued import Queued
from chalicelib.services.executing.stages import Finished, Stage

__all__ = [
    "Executor",
    "Finished",
    "Limits",
    "Outcome",
    "Queued",
    "Stage",
    "Watch",
    "Wish",
    "newest_checkpoints",
]
