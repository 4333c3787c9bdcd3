"""How long the deployment package takes from the start of a process to its first answer, under AWS's runtime client.

    python benchmarks/cold_start.py [--json] [--runs 9]

Milliseconds of wall time in fresh processes, minimum and median. The contenders take turns, so that whatever else the
machine does slows down all of them. The baseline is the least that a function with a bucket can be: a bare Chalice app
whose route reads one object with a botocore client made when it is needed, on the same Python, with Chalice and
botocore as pip installs them. Measured twice: with bytecode for all, which is what the
package ships, since Lambda keeps none from one start to the next (the budget is of this ratio); and with the sources
alone for all, as a package has them that Chalice alone made.
"""

import argparse
import compileall
import contextlib
import hashlib
import json
import py_compile
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import botocore

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.emulators import S3Emulator, s3_emulator  # noqa: E402 - the path comes first
from tests.runtime.events import s3_event  # noqa: E402 - the same
from tests.runtime.function import API_HANDLER, UPLOADS_HANDLER, running  # noqa: E402 - the same
from tests.runtime.gateway import Gateway, Sent  # noqa: E402 - the same
from tests.runtime.package import unpacked  # noqa: E402 - the same
from tests.worlds import package as small_package  # noqa: E402 - the same

BASELINE: Final = "bare chalice, one object by botocore"
BUDGETED: Final = "prism, resolve"
BUDGET: Final = 1.3
COMPILED: Final = "with bytecode"
BARE_APP: Final = """
from functools import cache
import os
from chalice import Chalice

app = Chalice(app_name="bare")


@cache
def client():
    import botocore.session
    from botocore.config import Config

    return botocore.session.get_session().create_client(
        "s3", endpoint_url=os.environ["ENDPOINT"], config=Config(s3={"addressing_style": "path"})
    )


@app.route("/health")
def health():
    return {"status": "ok"}


@app.route("/object")
def object():
    return {"size": len(client().get_object(Bucket=os.environ["BUCKET"], Key="object")["Body"].read())}
"""
BARE_TEMPLATE: Final[dict[str, Any]] = {
    "Resources": {
        "RestAPI": {
            "Properties": {
                "StageName": "api",
                "DefinitionBody": {"paths": {"/health": {"get": {}}, "/object": {"get": {}}}},
            }
        }
    }
}


@dataclass(frozen=True, slots=True)
class Contender:
    """A function and the first event that it gets; `event` is told how many processes came before."""

    name: str
    code: Path
    handler: str
    variables: Mapping[str, str]
    event: Callable[[int], Any]
    succeeded: Callable[[Any], bool]

    def start(self, number: int, log: Path) -> float:
        """Answer the seconds that a fresh process takes to its first answer."""
        event = self.event(number)
        with running(self.code, self.handler, self.variables, log=log) as function:
            answer = function.invoke(event)
            if not self.succeeded(answer):
                raise SystemExit(f"{self.name} answered {str(answer)[:500]}\n{function.said()[-2000:]}")
            return function.seconds_to_first_answer


class Bench:
    """The contenders over one bucket, from one folder of code each."""

    def __init__(self, emulator: S3Emulator, bare: Path, prism: Path) -> None:
        self._emulator = emulator
        self._bucket = emulator.new_bucket()
        self._bare, self._prism = bare, prism
        self._gateway = Gateway(unpacked().read_template())
        self._put("object", b"{}")

    def contenders(self) -> list[Contender]:
        """Answer all of them; what they read is published first."""
        self._publish_demo()
        return [
            self._bare_contender("bare chalice", "/health"),
            self._bare_contender(BASELINE, "/object"),
            self._api("prism, health", lambda _: Sent("GET", "/v1/health")),
            self._api(BUDGETED, lambda _: Sent("GET", "/v1/resolve?spec=demo@%5E1&runtime=node")),
            self._api("prism, publish", self._publish_request),
            self._contender("prism, s3 event", UPLOADS_HANDLER, self._upload_event, _published),
        ]

    def _bare_contender(self, name: str, path: str) -> Contender:
        gateway = Gateway(BARE_TEMPLATE)
        variables = {"ENDPOINT": self._emulator.endpoint, "BUCKET": self._bucket}
        event = gateway.event(Sent("GET", path))
        return Contender(name, self._bare, API_HANDLER, variables, lambda _: event, _answered)

    def _api(self, name: str, sent: Callable[[int], Sent]) -> Contender:
        return self._contender(name, API_HANDLER, lambda number: self._gateway.event(sent(number)), _answered)

    def _contender(
        self, name: str, handler: str, event: Callable[[int], Any], succeeded: Callable[[Any], bool]
    ) -> Contender:
        return Contender(name, self._prism, handler, self._variables(), event, succeeded)

    def _variables(self) -> dict[str, str]:
        return {
            "PRISM_S3_BUCKET": self._bucket,
            "PRISM_S3_ENDPOINT": self._emulator.endpoint,
            "PRISM_S3_FORCE_PATH_STYLE": "true",
            "PRISM_ACCESS": "open",
        }

    def _publish_demo(self) -> None:
        publish = self._api("", lambda _: _publish_sent("demo"))
        with tempfile.TemporaryDirectory() as folder:
            publish.start(0, Path(folder) / "log")

    def _publish_request(self, number: int) -> Sent:
        return _publish_sent(f"published-{number}")

    def _upload_event(self, number: int) -> Any:
        key = f"prism/incoming/upload-{number}.tgz"
        self._put(key, small_package(name=f"dropped-{number}"))
        return s3_event(self._bucket, key)

    def _put(self, key: str, data: bytes) -> None:
        with contextlib.closing(self._emulator.client("s3")) as client:
            client.put_object(Bucket=self._bucket, Key=key, Body=data)


def _publish_sent(name: str) -> Sent:
    data = small_package(name=name)
    headers = [("Content-Type", "application/gzip"), ("x-prism-sha256", hashlib.sha256(data).hexdigest())]
    return Sent("POST", f"/v1/packages/{name}", headers, data)


def _answered(answer: Any) -> bool:
    return bool(answer["statusCode"] < 300)


def _published(answer: Any) -> bool:
    return all(verdict["status"] == "published" for verdict in answer["verdicts"].values())


@contextlib.contextmanager
def code_folders(*, compiled: bool) -> Iterator[tuple[Path, Path]]:
    """Give the bare app's and Prism's code, with bytecode or without."""
    with tempfile.TemporaryDirectory() as made:
        prism, bare = Path(made) / "prism", Path(made) / "bare"
        shutil.copytree(unpacked().code, prism, ignore=shutil.ignore_patterns("__pycache__"))
        bare.mkdir()
        for part in prism.iterdir():
            if part.name not in {"app.py", "chalicelib", "botocore"}:
                (bare / part.name).symlink_to(part)
        installed = Path(botocore.__file__).parent
        shutil.copytree(installed, bare / "botocore", ignore=shutil.ignore_patterns("__pycache__"))
        (bare / "app.py").write_text(BARE_APP)
        if compiled:
            for folder in (prism, bare):
                compileall.compile_dir(
                    folder, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
                )
        yield bare, prism


def measure(runs: int, *, compiled: bool) -> dict[str, list[float]]:
    """Answer the milliseconds of each contender's runs; the contenders take turns."""
    times: dict[str, list[float]] = {}
    with s3_emulator() as emulator, code_folders(compiled=compiled) as (bare, prism):
        contenders = Bench(emulator, bare, prism).contenders()
        for number in range(1, runs + 1):
            for contender in contenders:
                seconds = contender.start(number, prism.parent / "log")
                times.setdefault(contender.name, []).append(seconds * 1000)
    return times


def summary(times: dict[str, list[float]]) -> list[dict[str, Any]]:
    """Answer a row for each contender; `ratio` is of the minima, to the baseline."""
    return [
        {
            "contender": name,
            "minimum": round(min(runs), 1),
            "median": round(median(runs), 1),
            "ratio": round(min(runs) / min(times[BASELINE]), 2),
        }
        for name, runs in times.items()
    ]


def show(title: str, rows: list[dict[str, Any]]) -> None:
    """Print the rows as a table."""
    print(f"{title:40} {'minimum ms':>10} {'median ms':>10}  of the baseline")
    for row in rows:
        budget = f"  (at most {BUDGET})" if (title, row["contender"]) == (COMPILED, BUDGETED) else ""
        print(
            f"{row['contender']:40} {row['minimum']:10.0f} {row['median']:10.0f}  {row['ratio']:.2f}x{budget}"
        )
    print()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    parser.add_argument("--runs", type=int, default=9, help="fresh processes of each contender")
    arguments = parser.parse_args()
    results = {
        title: summary(measure(arguments.runs, compiled=compiled))
        for title, compiled in ((COMPILED, True), ("sources alone", False))
    }
    if arguments.json:
        print(json.dumps(results, indent=2))
    else:
        for title, rows in results.items():
            show(title, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
