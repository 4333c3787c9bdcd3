"""Showing events as they come: a line a finished stage, and how far a long one is, as a bar or in plain lines."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.output import printable
from chalicelib.cli.progress import BAR_WIDTH
from chalicelib.cli.stages import has_share, share_of, stage_line

_QUARTERS: Final = 4

Json = Mapping[str, Any]


class Watching:
    """Shows a job's events: finished stages on stdout, everything else on stderr."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._bar = env.stderr.isatty()
        self._drawn = False
        self._quarter: tuple[str, int] = ("", 0)

    def show(self, event: Json) -> None:
        """Show one event."""
        shown = {
            "claimRun": self._claimed,
            "finishStage": self._finished,
            "progress": self._advanced,
            "stopRunByError": self._stopped,
        }.get(event["type"])
        if shown is not None:
            shown(event, event.get("payload") or {})

    def close(self) -> None:
        """Leave the terminal on a line of its own."""
        if self._drawn:
            self._env.stderr.write("\r\x1b[K")
            self._env.stderr.flush()
            self._drawn = False

    def _claimed(self, event: Json, payload: Json) -> None:
        stage = printable(str(payload.get("stage") or "the next stage"))
        if event["seq"] > 1:
            self._say(f"another worker has taken over, at {stage}")
        elif payload.get("skipped"):
            done = ", ".join(printable(str(name)) for name in payload["skipped"])
            self._say(f"going on at {stage}; done before: {done}")
        elif payload.get("attempt", 1) > 1:
            self._say(f"taken up again, at {stage}")
        staged = payload.get("staged")
        if staged:
            self._line("stage", staged.get("durationMs", 0), staged)
        self._begin(stage)

    def _finished(self, _: Json, payload: Json) -> None:
        self._line(str(payload.get("stage")), payload.get("durationMs", 0), payload.get("facts") or {})
        if payload.get("next"):
            self._begin(printable(str(payload["next"])))

    def _advanced(self, event: Json, payload: Json) -> None:
        if not has_share(payload):
            return
        stage = printable(str(event.get("stage") or ""))
        share, words = share_of(payload)
        if self._bar:
            done = int(share * BAR_WIDTH)
            bar = "█" * done + "░" * (BAR_WIDTH - done)
            self._draw(f"{stage:<8}  {bar} {share:4.0%}  {words}")
            return
        quarter = int(_QUARTERS * share)
        if (stage, quarter) > self._quarter or stage != self._quarter[0]:
            self._env.say(f"{stage}: {share:.0%}, {words}")
            self._quarter = stage, quarter

    def _stopped(self, _: Json, payload: Json) -> None:
        if not payload.get("again"):
            return  # the job has failed, which is told of it in the end
        code, message = payload.get("code"), payload.get("message")
        self._say(
            f"attempt {payload.get('attempt', '?')} failed in {payload.get('stage')}: {message} ({code}); "
            "it will be tried again"
        )

    def _line(self, stage: str, milliseconds: float, facts: Json) -> None:
        self.close()
        self._env.stdout.write(f"{stage_line(stage, milliseconds, facts)}\n")
        self._env.stdout.flush()

    def _say(self, text: str) -> None:
        self.close()
        self._env.say(printable(text))

    def _begin(self, stage: str) -> None:
        if self._bar:
            self._draw(f"{stage} …")

    def _draw(self, text: str) -> None:
        self._env.stderr.write(f"\r{text}\x1b[K")
        self._env.stderr.flush()
        self._drawn = True
