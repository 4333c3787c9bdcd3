"""What a handler sees of a request: decoded, typed on demand, and free of Chalice."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from chalicelib.domain.access import NOBODY, Caller
from chalicelib.domain.errors import InvalidPayload, InvalidQuery, InvalidRequest

Model = TypeVar("Model", bound=BaseModel)

MAX_ERRORS_TOLD = 10
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Request(NamedTuple):
    """One request: `params` are the route's variables, decoded once; header names are lower-case.

    `path` is as sent, percent-encoded, below the stage; `base_path` is the stage's own part of the address
    (`/api`, or empty) and `origin` is scheme, host and base path, for absolute URLs. `caller` is who sent it, known
    once the request was let in. `trailers` are the headers that came after the body, None where what took the request
    off the connection passes none on.
    """

    method: str
    path: str
    params: Mapping[str, str] = NOTHING
    queries: Mapping[str, Sequence[str]] = NOTHING
    headers: Mapping[str, str] = NOTHING
    body: bytes = b""
    id: str = ""
    origin: str = "http://127.0.0.1:8000"
    base_path: str = ""
    caller: Caller = NOBODY
    trailers: Mapping[str, str] | None = None

    @property
    def media_type(self) -> str:
        """What its body is: the content type without parameters, in lower case, or an empty text."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def query(self, name: str) -> str | None:
        """Answer the last value of a query parameter, or None where it was not given."""
        values = self.queries.get(name)
        return values[-1] if values else None

    def query_values(self, name: str) -> tuple[str, ...]:
        """Answer all values of a repeated query parameter, in order."""
        return tuple(self.queries.get(name, ()))

    def query_as(self, model: type[Model]) -> Model:
        """Read the query parameters into a model, the last value of each; raises InvalidQuery."""
        given = {name: values[-1] for name, values in self.queries.items() if values}
        try:
            return model.model_validate(given)
        except ValidationError as error:
            raise _refusal(InvalidQuery, error) from None

    def body_as(self, model: type[Model]) -> Model:
        """Read the JSON body into a model; raises InvalidPayload."""
        if not self.body:
            raise InvalidPayload("the request has no body, and this route needs a JSON document")
        try:
            return model.model_validate_json(self.body)
        except ValidationError as error:
            raise _refusal(InvalidPayload, error) from None


def _refusal(kind: type[InvalidRequest], error: ValidationError) -> InvalidRequest:
    """Tell what a model found wrong: the first finding as the sentence, the first few as facts."""
    findings = [
        {"path": ".".join(str(part) for part in found["loc"]), "message": found["msg"]}
        for found in error.errors(include_url=False, include_context=False, include_input=False)[
            :MAX_ERRORS_TOLD
        ]
    ]
    first = findings[0]
    where = f"`{first['path']}`: " if first["path"] else ""
    return kind(f"{where}{first['message'][:1].lower()}{first['message'][1:]}", errors=findings)
