"""The executor: takes a job up, goes through its stages, and leaves it completed, failed or queued."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar

from chalicelib import telemetry
from chalicelib.domain.errors import InvalidQuery, Unavailable
from chalicelib.domain.executions.errors import JobNotFound, JobUnfinished, Overtaken, UnreadableRecords
from chalicelib.domain.executions.leases import Lease
from chalicelib.domain.executions.records import Checkpoint, Job
from chalicelib.domain.executions.run_settings import RunSetting
from chalicelib.domain.times import milliseconds
from chalicelib.services.executing.checkpoints import checkpoint_id, newest_checkpoints
from chalicelib.services.executing.failures import AttemptsExhausted, failure_of, is_refusal
from chalicelib.services.executing.hold import Hold, Watch
from chalicelib.services.executing.stages import Finished, Stage, digest_of
from chalicelib.services.executing.workers import worker_name
from chalicelib.storage.parallel import at_once
from chalicelib.storage.port import StorageError
from chalicelib.stores.executions import Executions

Work = TypeVar("Work")

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.jobs")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a worker that is silent keeps a job, and how many may take it up before it has failed."""

    lease_ms: int = 60_000
    attempts: int = 5


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Work]):
    """A job at its end; `work` is None when there was nothing left to do."""

    job: Job
    work: Work | None


class Wish(Protocol[Work]):
    """What somebody wants to be done, in view of the job there is."""

    def job(self, stored: Job | None) -> Job | None:
        """Answer the job to work on, or None if the stored one is at an end that serves."""
        ...

    def work(self, job: Job) -> Work:
        """Answer the work before its first stage."""
        ...

    def check(self, work: Work) -> None:
        """Raise if what others have begun is not what is wanted; the job stays as it is then."""
        ...

    def described(self, job: Job, work: Work) -> Job:
        """Answer the job with what is known by now of what it is about."""
        ...

    def finished(self, work: Work) -> None:
        """Let go of what only unfinished work needs; not called when a worker dies before it could."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """Answer what the event that begins an attempt is to tell beside."""
        ...


class Settled(Exception):
    """Another worker has finished the job in the meantime."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.id)
        self.job = job


class Executor(Generic[Work]):
    """Executes jobs of one kind, whose stages are given."""

    def __init__(
        self,
        executions: Executions,
        stages: Sequence[Stage[Work]],
        *,
        now: Callable[[], datetime],
        limits: Limits | None = None,
    ) -> None:
        self._executions = executions
        self._stages = stages
        self._now = now
        self._limits = limits or Limits()

    def run(self, job_id: str, wish: Wish[Work]) -> Outcome[Work]:
        """Bring a job to its end, from wherever it is.

        Raises RunHeld while another worker is at it, Overtaken when one has taken over, and whatever a stage raises
        once that is recorded with the job.
        """
        try:
            attempt = _Attempt(self._executions, self._stages, wish, job_id)
            hold = self._take_up(job_id, attempt)
        except Settled as settled:
            return Outcome(settled.job, None)
        return Outcome(self._run(hold, attempt), attempt.work)

    def replay(
        self, job_id: str, from_stage: str | None, check: Callable[[Job], None] = lambda _: None
    ) -> Job:
        """Queue a job that has ended again, to be done anew from a stage on, or from the first; answers it then.

        What its runs have left stays. `check` raises if the job may not be replayed. Raises JobNotFound, JobUnfinished,
        or InvalidQuery for an unknown stage.
        """
        names = [stage.name for stage in self._stages]
        first = names[0] if from_stage is None else from_stage
        if first not in names:
            raise InvalidQuery(f"`from` is `{first[:40]}`, which is none of {', '.join(names)}")
        job = self._executions.retrieve_job(job_id)
        if job is None:
            raise JobNotFound(job_id)
        if job.is_open:
            raise JobUnfinished(job_id, job.state)
        check(job)
        replayed = self._queued_again(job, first)
        self._executions.store_job(replayed)
        return replayed

    def _queued_again(self, job: Job, first: str) -> Job:
        return job.changed(
            status="running",
            attempts=0,
            replays=(job.replays or 0) + 1,
            replay_from=first,
            started_at=milliseconds(self._now()),
            finished_at=None,
            stage=None,
            error=None,
        )

    def _take_up(self, job_id: str, attempt: "_Attempt[Work]") -> Hold:
        duration = self._limits.lease_ms
        try:
            claim = self._executions.claim_run(
                job_id, worker_name(), duration_ms=duration, facts=attempt.prepare, is_new=attempt.is_new
            )
        except Exception:
            if attempt.lease is not None:
                with suppress(Exception):
                    self._executions.release_run(attempt.lease)
            raise
        return Hold(self._executions, claim, lease_ms=duration, now=self._now)

    def _run(self, hold: Hold, attempt: "_Attempt[Work]") -> Job:
        started = time.perf_counter()
        telemetry.note(jobId=hold.lease.job_id, runId=hold.lease.run_id)
        job = attempt.begun(hold.lease)
        try:
            self._begin(hold, job)
            for number in range(attempt.first, len(self._stages)):
                job = attempt.at(self._stages[number].name, job)
                self._execute(hold, attempt.work, job, number)
        except Overtaken:
            _LOG.warning("overtaken")
            raise
        except Exception as error:
            self._fail(hold, attempt.at(job.stage or "", job), error)
            raise
        completed, tidy = self._complete(hold, attempt.at(self._stages[-1].name, job), started)
        # The job is at its end, whoever finds its lease, its past place or what it needed later.
        with suppress(Exception):
            at_once(hold.release, tidy, attempt.clean)
        return completed

    def _begin(self, hold: Hold, job: Job) -> None:
        now = hold.now()
        setting = RunSetting(
            job_id=job.id,
            run_id=hold.lease.run_id,
            started_at=now,
            updated_at=now,
            input={"from": job.stage, "attempt": job.attempts},
            max_retries=self._limits.attempts,
            timeout=self._limits.lease_ms,
        )
        at_once(lambda: hold.store(job), lambda: self._set(setting))
        if (job.attempts or 0) > self._limits.attempts:
            raise AttemptsExhausted(job.id, self._limits.attempts)

    def _set(self, setting: RunSetting) -> None:
        try:
            self._executions.store_run_setting(setting)
        except UnreadableRecords as error:
            _LOG.warning("the setting of the run cannot be read, which stops nobody: %s", error)

    def _execute(self, hold: Hold, work: Work, job: Job, number: int) -> None:
        """Execute a stage, and write down that it is finished."""
        stage = self._stages[number]
        hold.keep()
        given, started_at, started = digest_of(stage.name, stage.given(work)), hold.now(), time.perf_counter()
        with telemetry.stage(stage.name):
            finished = stage.execute(work, Watch(hold, stage.name, number + 1))
        took = round((time.perf_counter() - started) * 1000)
        following = self._stages[number + 1].name if number + 1 < len(self._stages) else None
        checkpoint = _checkpoint(hold.lease, job, stage.name, number, given, finished, started_at, took)
        at_once(
            lambda: hold.tell(
                "finishStage",
                number + 1,
                stage=stage.name,
                durationMs=took,
                next=following,
                facts=finished.facts,
            ),
            lambda: self._executions.store_checkpoint(checkpoint),
        )

    def _complete(self, hold: Hold, job: Job, started: float) -> tuple[Job, Callable[[], None]]:
        """Write down that all is done; answers the job, and what removes the places that it has left.

        Whoever cannot say so has not failed, and leaves that to the next one.
        """
        took = round((time.perf_counter() - started) * 1000)
        completed = job.changed(status="completed", worker=None, finished_at=hold.now(), stage=None)
        try:
            _, tidy = at_once(
                lambda: hold.tell("completeRun", len(self._stages), durationMs=took),
                lambda: hold.replace(completed),
            )
        except Exception:
            with suppress(Exception):
                hold.release()
            raise
        return completed, tidy

    def _fail(self, hold: Hold, job: Job, error: Exception) -> None:
        """Write down that an attempt has failed; what cannot be written is left to whoever finds the lease ended.

        Raises Overtaken.
        """
        failure = failure_of(error, job.stage)
        ended = is_refusal(error) or (job.attempts or 0) >= self._limits.attempts
        _LOG.info("attempt failed", extra={"code": failure.code, "again": not ended})
        try:
            hold.tell(
                "stopRunByError",
                stage=job.stage,
                code=failure.code,
                message=failure.message,
                retryable=failure.is_retryable,
                attempt=job.attempts,
                again=not ended,
            )
            hold.store(
                job.changed(
                    status="stoppedByError" if ended else "running",
                    worker=None,
                    finished_at=hold.now() if ended else None,
                    error=failure,
                )
            )
            hold.release()
        except Overtaken:
            # What went wrong for a worker who was overtaken, such as bytes that were removed by then, is no failure.
            raise
        except Exception:  # noqa: BLE001 - what is to be told is why the attempt failed
            _LOG.exception("failure not written down; the job is taken up again when its lease has ended")


class _Attempt(Generic[Work]):
    """One attempt at a job: what it begins with, and where."""

    def __init__(
        self, executions: Executions, stages: Sequence[Stage[Work]], wish: Wish[Work], job_id: str
    ) -> None:
        """Look at the job there is; raises Settled if there is nothing left to do."""
        self._executions = executions
        self._stages = stages
        self._wish = wish
        self.first = 0
        self.lease: Lease | None = None
        self._look(job_id)

    def _look(self, job_id: str) -> None:
        stored = self._stored(job_id)
        job = self._wish.job(stored)
        if job is None:
            assert stored is not None, "a wish without a job is fulfilled by the one there is"
            raise Settled(stored)
        self._job, self.is_new = job, stored is None
        self.work = self._wish.work(job)

    def _stored(self, job_id: str) -> Job | None:
        try:
            return self._executions.retrieve_job(job_id)
        except UnreadableRecords as error:
            _LOG.warning("job cannot be read, and is written anew: %s", error)
            return None

    def prepare(self, lease: Lease) -> Mapping[str, Any]:
        """Find out where to go on, now that nobody else is at work; raises Settled if there is nothing left to do."""
        self.lease = lease
        if lease.attempt > 1:
            # Whoever had the job until now may have changed it since it was looked at.
            self._look(lease.job_id)
        if not self.is_new or lease.attempt > 1:
            self.first = self._restored()
            self._wish.check(self.work)
        skipped = [stage.name for stage in self._stages[: self.first]]
        return {"stage": self.stage, "skipped": skipped, **self._wish.facts()}

    @property
    def stage(self) -> str:
        """The stage that is executed first."""
        return self._stages[self.first].name

    def begun(self, lease: Lease) -> Job:
        """Answer the job now that it is taken up."""
        attempts = (self._job.attempts or 0) + 1
        return self._wish.described(self._job, self.work).changed(
            status="running",
            stage=self.stage,
            attempts=attempts,
            worker=lease.worker,
            run_id=lease.run_id,
            error=None,
        )

    def at(self, stage: str, job: Job) -> Job:
        """Answer the job in a stage, with what is known of it by now."""
        return self._wish.described(job, self.work).changed(stage=stage)

    def clean(self) -> None:
        """Let go of what only unfinished work needs."""
        self._wish.finished(self.work)

    def _restored(self) -> int:
        """Put into the work what finished stages came to; answers the number of the first that is to be executed."""
        found = self._checkpoints()
        for number, stage in enumerate(self._stages):
            kept = found.get(stage.name)
            if kept is None or kept.input_digest != digest_of(stage.name, stage.given(self.work)):
                return number
            if not self._restore(stage, kept):
                return number
        return len(self._stages) - 1

    def _restore(self, stage: Stage[Work], kept: Checkpoint) -> bool:
        try:
            return stage.restore(self.work, kept.outputs or {})
        except (StorageError, Unavailable):
            raise
        except Exception:  # noqa: BLE001 - whatever is in a record, it costs no more than work done twice
            _LOG.warning("the checkpoint `%s` is not understood, and its stage is executed again", kept.id)
            return False

    def _checkpoints(self) -> dict[str, Checkpoint]:
        """Answer the newest checkpoint of each stage that counts; of stages to be replayed, only those made since."""
        names = [stage.name for stage in self._stages]
        replayed = names[names.index(self._job.replay_from) :] if self._job.replay_from in names else []
        return {
            stage: kept
            for stage, kept in newest_checkpoints(self._executions, self._job.id, names).items()
            if stage not in replayed or (kept.replays or 0) == (self._job.replays or 0)
        }


def _checkpoint(
    lease: Lease,
    job: Job,
    stage: str,
    number: int,
    given: str,
    finished: Finished,
    started_at: int,
    took: int,
) -> Checkpoint:
    return Checkpoint(
        id=checkpoint_id(lease, stage),
        job_id=job.id,
        run_id=lease.run_id,
        status="completed",
        step_number=number + 1,
        stage=stage,
        input_digest=given,
        outputs=finished.outputs(),
        worker=lease.worker,
        started_at=started_at,
        finished_at=started_at + took,
        duration_ms=took,
        replays=job.replays,
    )
