"""Ids, types, steps and times of executions: all of them become parts of keys, so none can climb or collide.

id      [a-z0-9][a-z0-9_-]{0,127}        lower case, as a folder may not tell `Job` from `job`
type    [A-Za-z0-9][A-Za-z0-9_-]{0,63}   of an event; may hold hyphens, and no dots
step    0 to 99999999
time    milliseconds since 1970, 0 to 999999999999999
"""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from chalicelib.domain.errors import InvalidName, InvalidRequest
from chalicelib.domain.names import PackageName

TIME_DIGITS: Final = 15
STEP_DIGITS: Final = 8
ID_PATTERN: Final = r"[a-z0-9][a-z0-9_-]{0,127}"
TYPE_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"

_ID: Final = re.compile(ID_PATTERN)
_TYPE: Final = re.compile(TYPE_PATTERN)
_SHOWN: Final = 140


class InvalidExecutionId(InvalidRequest):
    """The id of a job, run or checkpoint has characters that a key cannot hold."""

    code = "invalid_execution_id"
    title = "The id is not valid"

    def __init__(self, what: str, given: str) -> None:
        shown = ascii(given[:_SHOWN])
        super().__init__(
            f"{shown} cannot be the id of a {what}; use up to 128 of a-z, 0-9, `_` and `-`, first a letter or digit",
            given=shown,
        )


def is_id(text: str) -> bool:
    """Tell whether a text can be the id of a job, run or checkpoint."""
    return _ID.fullmatch(text) is not None


def check_id(text: str, what: str) -> str:
    """Answer the id if it can be one of a job, run or checkpoint; raises InvalidExecutionId."""
    if not is_id(text):
        raise InvalidExecutionId(what, text)
    return text


def _id(text: str) -> str:
    if not is_id(text):
        raise ValueError("an id is up to 128 of a-z, 0-9, `_` and `-`, and starts with a letter or digit")
    return text


def _type(text: str) -> str:
    if not _TYPE.fullmatch(text):
        raise ValueError("a type is up to 64 letters, digits, `_` and `-`, and starts with a letter or digit")
    return text


def _package(text: str) -> str:
    try:
        name = PackageName.parse(text)
    except InvalidName as error:
        raise ValueError(error.detail) from error
    if name != text:
        raise ValueError(f"the package is named `{name}`")
    return text


Id = Annotated[str, AfterValidator(_id)]
EventType = Annotated[str, AfterValidator(_type)]
Package = Annotated[str, AfterValidator(_package)]
Milliseconds = Annotated[int, Field(ge=0, lt=10**TIME_DIGITS)]
Step = Annotated[int, Field(ge=0, lt=10**STEP_DIGITS)]
Number = Annotated[int, Field(ge=1, lt=10**STEP_DIGITS)]
