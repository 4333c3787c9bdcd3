"""The whole of Prism on this machine, as `make emulate` runs it: bucket, notifications, functions and HTTP API.

LocalStack plays S3 and SQS, `api.py` answers HTTP over the s3 driver, and the bridge hands what the bucket announces
to the functions of `app`, and calls the sweeper every SWEEP_SECONDS (60). PORT (8000; 0 takes any free one) says where
the API listens, LOCALSTACK_PORT (4566, or any free one if that is taken) where the emulator does; LOCALSTACK_ENDPOINT
names one that runs already, instead. With `--json` the greeting is one line of JSON.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.settings import InvalidSettings, Settings
from deployment.stage import SCHEDULED_FUNCTIONS
from localstack import host, parts, ports, readiness
from localstack.greeting import Emulation, greeting
from localstack.parts import Part, PartFailed
from localstack.provision import CREDENTIAL, DEFAULT_BUCKET, DEFAULT_PREFIX, REGION, provision

LOGS: Final = host.ROOT / ".cache" / "emulate"
DEFAULT_PORT: Final = 8000
DEFAULT_LOCALSTACK_PORT: Final = 4566
DEFAULT_SWEEP_SECONDS: Final = 60
SHORT_LIFE_SECONDS: Final = 2
"""A bridge that ends sooner after its start than this would end again."""

FAILED: Final = 1
MISUSED: Final = 2
OTHERS: Final = ("AWS_", "PRISM_S3_", "PRISM_R2_", "PRISM_STORAGE_DRIVER", "PRISM_ARTIFACT_DRIVER")
"""What variables begin with that could lead to another bucket than the emulator's."""

Say = Callable[[str], None]


def main() -> int:
    """Emulate until interrupted or terminated; answers the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m localstack.emulate", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--json", action="store_true", help="greet with one line of JSON")
    parser.add_argument("--logs", type=Path, help="where the logs go (default: .cache/emulate/PORT)")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with contextlib.ExitStack() as stack:
            _emulate(stack, os.environ, options)
    except KeyboardInterrupt:
        _say("stopped")
        return 0
    except (InvalidSettings, ports.PortTaken, host.NotInstalled) as error:
        _say(f"error: {error}")
        return MISUSED
    except (PartFailed, host.NotStarted) as error:
        _say(f"error: {error}")
        return FAILED
    except (BotoCoreError, ClientError) as error:
        _say(f"error: the emulator does not do its part: {error}")
        return FAILED


def _emulate(
    stack: contextlib.ExitStack, environ: Mapping[str, str], options: argparse.Namespace
) -> NoReturn:
    """Start everything, greet, and watch until something ends."""
    port = ports.requested(environ, "PORT", DEFAULT_PORT)
    every = sweep_seconds(environ)
    logs = _emptied(options.logs or LOGS / str(port))
    endpoint, emulator = _emulator(stack, environ, logs)
    environment = environment_of(environ, endpoint, port)
    s3 = Settings.from_env(environment).s3
    assert s3 is not None
    queues = provision(endpoint, s3.bucket, s3.prefix)
    emulation = Emulation(f"http://127.0.0.1:{port}", endpoint, s3.bucket, s3.prefix, logs, queues, every)

    _say("starting the API and the functions")
    api = stack.enter_context(
        parts.running("the API", ["-m", "localstack.api"], logs / "api.log", environment)
    )
    addresses = json.dumps({function: queue.url for function, queue in queues.items()})
    schedules = json.dumps(dict.fromkeys(SCHEDULED_FUNCTIONS, every))
    arguments = ["-m", "localstack.bridge", addresses, schedules]
    bridge = BridgeProcess(
        lambda: parts.start("the functions' process", arguments, logs / "events.log", environment)
    )
    stack.callback(bridge.stop)
    readiness.wait(emulation, api, bridge.part)

    print(json.dumps(emulation.to_json_value()) if options.json else greeting(emulation), flush=True)
    _watch([*emulator, api], bridge)


def _emptied(logs: Path) -> Path:
    """Make a folder for logs, without those of the last time."""
    logs.mkdir(parents=True, exist_ok=True)
    for log in logs.glob("*.log"):
        log.unlink()
    return logs


def environment_of(environ: Mapping[str, str], endpoint: str, port: int) -> dict[str, str]:
    """Answer the environment of the API and the functions: the user's, over the emulator's bucket."""
    kept = {name: value for name, value in environ.items() if not name.startswith(OTHERS)}
    return {
        **kept,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        "PRISM_STORAGE_DRIVER": "s3",
        "PRISM_S3_BUCKET": environ.get("PRISM_S3_BUCKET") or DEFAULT_BUCKET,
        "PRISM_S3_PREFIX": environ.get("PRISM_S3_PREFIX", DEFAULT_PREFIX),
        "PRISM_S3_REGION": REGION,
        "PRISM_S3_ENDPOINT": endpoint,
        "PRISM_S3_FORCE_PATH_STYLE": "true",
        "PRISM_S3_ACCESS_KEY_ID": CREDENTIAL,
        "PRISM_S3_SECRET_ACCESS_KEY": CREDENTIAL,
    }


class BridgeProcess:
    """The bridge's process, and the next one when a function has broken it."""

    def __init__(self, start: Callable[[], Part]) -> None:
        self._start = start
        self._began = time.monotonic()
        self.part = start()

    def revive(self) -> None:
        """Start another if it has ended; raises PartFailed if that would not help."""
        if not self.part.ended:
            return
        if time.monotonic() - self._began < SHORT_LIFE_SECONDS:
            self.part.check()
        _say(f"{self.part.name} ended with {self.part.process.returncode}; starting another")
        self._began = time.monotonic()
        self.part = self._start()

    def stop(self) -> None:
        """End it."""
        self.part.stop()


def _emulator(stack: contextlib.ExitStack, environ: Mapping[str, str], logs: Path) -> tuple[str, list[Part]]:
    """Answer the emulator's address, and its process if it was started here."""
    if endpoint := environ.get("LOCALSTACK_ENDPOINT", "").rstrip("/"):
        return endpoint, []
    port = localstack_port(environ)
    _say("starting LocalStack")
    emulator = stack.enter_context(host.running(logs / "localstack.log", port=port))
    return emulator.endpoint, [Part("LocalStack", emulator.process, emulator.log)]


def localstack_port(environ: Mapping[str, str]) -> int:
    """Answer the port asked for, else the usual one or any."""
    if environ.get("LOCALSTACK_PORT", "").strip():
        return ports.requested(environ, "LOCALSTACK_PORT", DEFAULT_LOCALSTACK_PORT)
    return DEFAULT_LOCALSTACK_PORT if ports.is_free(DEFAULT_LOCALSTACK_PORT) else 0


def sweep_seconds(environ: Mapping[str, str]) -> int:
    """Answer how much time is to pass between two sweeps; raises InvalidSettings."""
    text = environ.get("SWEEP_SECONDS", "").strip() or str(DEFAULT_SWEEP_SECONDS)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise InvalidSettings(f"SWEEP_SECONDS is `{text}`, which is not a number of seconds from 1")
    return int(text)


def _watch(needed: list[Part], bridge: BridgeProcess) -> NoReturn:
    while True:
        for part in needed:
            part.check()
        bridge.revive()
        time.sleep(parts.POLL_SECONDS)


def _say(text: str) -> None:
    """Tell the user what happens, beside what a script reads."""
    print(text, file=sys.stderr, flush=True)


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a second one would leave processes behind
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
