"""The registry over HTTP: addresses, retries, redirects, and problems turned into errors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import CommandFailed, Unreachable
from chalicelib.cli.problems import refusal
from chalicelib.cli.retrying import MAX_TRIES, wait_of
from chalicelib.cli.settings import REGISTRY_URL
from chalicelib.cli.transport import Body, HttpRequest, HttpResponse, Save, Unanswered
from chalicelib.cli.version import version

MAX_REDIRECTS: Final = 5

_REDIRECTS_OF_READS: Final = frozenset({301, 302, 303, 307, 308})
_REDIRECTS_OF_WRITES: Final = frozenset({307, 308})
_BYTES: Final = {"Content-Type": "application/octet-stream"}
"""Without one urllib would say that the body is a form."""
_SAFE_IN_HEADERS: Final = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: its status, its JSON body as it came, and its headers with names in lower case."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def value(self) -> Any:
        """The body as JSON values; raises CommandFailed when it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            raise CommandFailed(
                "the answer is not JSON, so this is no Prism registry",
                hint=f"check the address in --registry or {REGISTRY_URL}",
            ) from None


class Registry:
    """One registry, reached with one identity."""

    def __init__(self, url: str, env: Environment, *, token: str | None = None) -> None:
        self.url = url
        self._env = env
        self._headers = {
            "Accept": "application/json",
            "User-Agent": f"prism/{version()}",
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }

    def get(self, path: str, **query: str | int | None) -> Answer:
        """Read what is at a path."""
        given = {name: value for name, value in query.items() if value is not None}
        return self.send("GET", f"{path}?{urlencode(given)}" if given else path)

    def put(self, path: str, value: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
        """Send JSON to a path."""
        data = json.dumps(value, ensure_ascii=False).encode()
        return self.send("PUT", path, {**headers, "Content-Type": "application/json"}, bytes_body(data))

    def change(self, path: str, value: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
        """Change some fields of what is at a path."""
        data = json.dumps(value, ensure_ascii=False).encode()
        return self.send("PATCH", path, {**headers, "Content-Type": "application/json"}, bytes_body(data))

    def delete(self, path: str, headers: Mapping[str, str]) -> Answer:
        """Remove what is at a path."""
        return self.send("DELETE", path, headers)

    def create(self, path: str, value: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
        """Make something new below a path, described as JSON."""
        data = json.dumps(value, ensure_ascii=False).encode()
        return self.send(
            "POST", path, {**(headers or {}), "Content-Type": "application/json"}, bytes_body(data)
        )

    def post(self, path: str, body: Body, headers: Mapping[str, str]) -> Answer:
        """Send bytes to a path."""
        return self.send("POST", path, {**headers, **_BYTES}, body)

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        save: Save | None = None,
    ) -> Answer:
        """Send any request; raises RegistryRefused for what is no success, and Unreachable where none answers."""
        request = HttpRequest(
            method, f"{self.url}/v1/{path}", {**self._headers, **(headers or {})}, body, save
        )
        for _ in range(MAX_REDIRECTS + 1):
            response = self._exchange(request)
            if response.status < 300:
                return Answer(response.status, response.body.decode(errors="replace"), response.headers)
            allowed = _REDIRECTS_OF_READS if method == "GET" else _REDIRECTS_OF_WRITES
            if response.status not in allowed or "location" not in response.headers:
                raise refusal(response)
            request = _redirected(request, response.headers["location"])
        raise CommandFailed(
            f"the registry redirects more than {MAX_REDIRECTS} times", hint=f"try `{request.url}`"
        )

    def elsewhere(self, method: str, url: str, headers: Mapping[str, str], body: Body) -> HttpResponse:
        """Send bytes to an address that the registry has signed, and answer whatever comes; raises Unreachable.

        It is told those headers and a content type, and nothing else: the token is for the registry alone.
        """
        if urlsplit(url).scheme not in {"http", "https"}:
            raise CommandFailed(
                f"the registry sends uploads to `{url[:80]}`, which is not an http or https address"
            )
        try:
            return self._env.transport(HttpRequest(method, url, {**_BYTES, **headers}, body))
        except Unanswered as error:
            raise Unreachable(
                f"the registry's bucket does not answer at {urlsplit(url).netloc}: {error}",
                hint="add --via tus to send it through the registry",
            ) from error

    def _exchange(self, request: HttpRequest) -> HttpResponse:
        """Send a request, again when the registry asks for patience."""
        for tries in range(1, MAX_TRIES + 1):
            try:
                response = self._env.transport(request)
            except Unanswered as error:
                raise self._unreachable(request.url, str(error)) from error
            seconds = wait_of(response, tries)
            if seconds is None or tries == MAX_TRIES:
                break
            self._env.say(f"the registry is busy; trying again in {seconds:g} s")
            self._env.clock.wait(seconds)
        return response

    def _unreachable(self, url: str, reason: str) -> Unreachable:
        parts = urlsplit(url)
        return Unreachable(
            f"no registry answers at {parts.scheme}://{parts.netloc}: {reason}",
            hint=f"start one there, or name another address with --registry or {REGISTRY_URL}",
        )


def _redirected(request: HttpRequest, location: str) -> HttpRequest:
    url = urljoin(request.url, location)
    if urlsplit(url).scheme not in {"http", "https"}:
        raise CommandFailed(f"the registry redirects to `{url}`, which is not an http or https address")
    headers = dict(request.headers)
    if _origin(url) != _origin(request.url):
        # A token is for the registry it was made for; a signed address brings its own permission.
        headers.pop("Authorization", None)
    return HttpRequest(request.method, url, headers, request.body, request.save)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def bytes_body(data: bytes) -> Body:
    """Answer a body of bytes in memory."""
    from io import BytesIO

    return Body(lambda: BytesIO(data), len(data))


def name_path(name: str) -> str:
    """Answer a package name as it stands in a path: `@acme/widget` is `@acme%2Fwidget`."""
    return quote(name, safe="@")


def version_path(name: str, wanted: str) -> str:
    """Answer the path of a version, given by number or tag."""
    return f"packages/{name_path(name)}/{quote(wanted, safe='')}"


def header_value(text: str) -> str:
    """Answer a text made safe for a header: all but printable ASCII, and `%`, is percent-encoded UTF-8."""
    return quote(text, safe=_SAFE_IN_HEADERS)
