"""What may be wrong between here and a registry, and what the registry says of itself."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from chalicelib.cli.environment import Environment
from chalicelib.cli.settings import PUBLISHER_NAME, REGISTRY_URL, TOKEN, token
from chalicelib.cli.transport import HttpRequest, HttpResponse, Unanswered
from chalicelib.cli.version import version

Status = Literal["ok", "warning", "failed"]

NOTICED_SKEW: Final = 60
"""Seconds by which the registry's clock and this one's may differ; a Date header is no more exact than one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has found, and where something is wrong what to do."""

    name: str
    status: Status
    detail: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """What all checks have found: here, and in the registry itself as far as it tells."""

    registry: str
    storage: dict[str, str]
    checks: list[Finding]

    @property
    def status(self) -> str:
        """`failing` if anything failed, `degraded` if anything is worth a warning, else `ok`."""
        found = {check.status for check in self.checks}
        return "failing" if "failed" in found else "degraded" if "warning" in found else "ok"

    def to_json(self) -> str:
        """Answer all of it as JSON."""
        checks = [
            {name: value for name, value in asdict(check).items() if value is not None}
            for check in self.checks
        ]
        document = {
            "status": self.status,
            "registry": self.registry,
            "storage": self.storage,
            "checks": checks,
        }
        return json.dumps(document, indent=2, ensure_ascii=False)


def examine(url: str, env: Environment, *, clock: Callable[[], float] = time.time) -> Examination:
    """Look at everything from here to the registry's storage."""
    return _Examiner(url, env, clock).examine()


class _Examiner:
    def __init__(self, url: str, env: Environment, clock: Callable[[], float]) -> None:
        self._url = url
        self._env = env
        self._clock = clock
        self._token = token(env)
        self._identity: dict[str, Any] = {}
        self._storage: dict[str, str] = {}

    def examine(self) -> Examination:
        return Examination(self._url, self._storage, list(self._findings()))

    def _findings(self) -> Iterator[Finding]:
        yield Finding("command", "ok", f"prism {version()}")
        try:
            response = self._get("health", with_token=False)
        except Unanswered as error:
            yield self._unreachable(error)
            return
        yield self._address(response)
        if not _is_prism(response):
            return
        try:
            yield from self._findings_of_registry(response)
        except Unanswered as error:
            fix = "run the command again; if it goes on, look into the registry's log"
            yield Finding("connection", "failed", f"the registry broke off its answer: {error}", fix)

    def _findings_of_registry(self, response: HttpResponse) -> Iterator[Finding]:
        yield from self._clocks(response)
        credentials = list(self._credentials())
        yield from credentials
        if all(finding.status == "ok" for finding in credentials):
            yield self._publisher()
        yield from self._own_checks()

    def _get(self, path: str, *, with_token: bool = True) -> HttpResponse:
        headers = {"Accept": "application/json", "User-Agent": f"prism/{version()}"}
        if with_token and self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return self._env.transport(HttpRequest("GET", f"{self._url}/v1/{path}", headers))

    def _unreachable(self, error: Unanswered) -> Finding:
        fix = f"start one there with `make run`, or name another address with --registry or {REGISTRY_URL}"
        return Finding("address", "failed", f"nothing answers at {self._url}: {error}", fix)

    def _address(self, response: HttpResponse) -> Finding:
        if _is_prism(response):
            return Finding("address", "ok", f"a Prism registry answers at {self._url}")
        fix = f"name a Prism registry with --registry or {REGISTRY_URL}"
        if 300 <= response.status < 400 and (target := response.headers.get("location")):
            parts = urlsplit(target)
            fix = f"set {REGISTRY_URL} to {parts.scheme}://{parts.netloc}" if parts.netloc else fix
            return Finding("address", "failed", f"{self._url} redirects to {target}", fix)
        code = _json(response).get("code")
        told = f" ({code})" if isinstance(code, str) else ""
        detail = f"what answers at {self._url} is no Prism registry: it answers {response.status}{told} to /v1/health"
        return Finding("address", "failed", detail, fix)

    def _clocks(self, response: HttpResponse) -> Iterator[Finding]:
        try:
            there = parsedate_to_datetime(response.headers.get("date", "")).timestamp()
        except ValueError:
            return
        skew = self._clock() - there
        if abs(skew) <= NOTICED_SKEW:
            yield Finding(
                "clock", "ok", f"this clock and the registry's are within {NOTICED_SKEW} s of each other"
            )
            return
        told = f"this clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the registry's"
        yield Finding("clock", "warning", told, "correct this machine's clock")

    def _credentials(self) -> Iterator[Finding]:
        response = self._get("whoami")
        if response.status == 200:
            self._identity = _json(response)
            yield Finding("token", "ok", self._spoken_for())
        elif self._token is None and response.status == 401:
            fix = f"ask an admin of the registry for a token, and set {TOKEN} to it"
            yield Finding("token", "failed", f"the registry asks for a token, and {TOKEN} is not set", fix)
        elif self._token is not None and response.status in {401, 403}:
            self._token = None
            fix = f"ask an admin of the registry for another token, and set {TOKEN} to it"
            yield Finding("token", "failed", f"{TOKEN} is refused: {_detail(response)}", fix)

    def _spoken_for(self) -> str:
        if self._token is None:
            return "the registry is open, and needs no token"
        scopes = ", ".join(map(str, self._identity.get("scopes", []))) or "no scope"
        return f"{TOKEN} speaks as `{self._identity.get('name', 'somebody')}`, with {scopes}"

    def _publisher(self) -> Finding:
        name = self._identity.get("name")
        if name and "publish" not in self._identity.get("scopes", []):
            return Finding("publisher", "ok", "nothing can be published: the token has no scope for it")
        if name:
            return Finding("publisher", "ok", f"packages are published by `{name}`, whom the token names")
        if name := self._env.variable(PUBLISHER_NAME):
            return Finding("publisher", "ok", f"packages are published by `{name}`")
        fix = f"set {PUBLISHER_NAME}, and PRISM_PUBLISHER_EMAIL if you like"
        detail = "nobody is named as publisher, unless the package does it, so it is `anonymous`"
        return Finding("publisher", "warning", detail, fix)

    def _own_checks(self) -> Iterator[Finding]:
        """Tell what the registry has found of itself."""
        response = self._get("health?deep=true")
        if response.status in {401, 403}:
            fix = f"set {TOKEN} to a token with the scope `admin`"
            yield Finding("registry", "warning", "the registry tells only its admins how it is", fix)
            return
        found = _json(response)
        if not isinstance(found.get("checks"), list):
            fix = "look into its log, or ask its operator to"
            yield Finding(
                "registry", "failed", f"the registry does not tell how it is: {_detail(response)}", fix
            )
            return
        self._storage.update({name: str(value) for name, value in found.get("storage", {}).items()})
        for check in found["checks"]:
            yield Finding(f"registry {check['name']}", check["status"], check["detail"], check.get("fix"))


def _is_prism(response: HttpResponse) -> bool:
    return _json(response).get("status") in {"ok", "degraded", "failing"}


def _json(response: HttpResponse) -> dict[str, Any]:
    try:
        found = json.loads(response.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _detail(response: HttpResponse) -> str:
    return str(_json(response).get("detail") or f"it answers {response.status}")
