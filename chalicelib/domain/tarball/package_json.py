"""The package.json of a tarball as a value."""

from typing import Any, Final

from pydantic_core import from_json

from chalicelib.domain.tarball.refusals import (
    PackageJsonInvalid,
    PackageJsonNotObject,
    PackageJsonTooLarge,
    PackageNameMissing,
    PackageVersionMissing,
)

NAME: Final = "package.json"
MAX_SIZE: Final = 2 << 20

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_KINDS: Final = {list: "an array", str: "a text", bool: "a truth value", type(None): "null"}


def check_size(size: int) -> None:
    """Raise PackageJsonTooLarge for more than MAX_SIZE bytes."""
    if size > MAX_SIZE:
        raise PackageJsonTooLarge(size=size, limit=MAX_SIZE)


def parse_package_json(data: bytes) -> dict[str, Any]:
    """Read a package.json, keeping its key order; of equal keys the last wins, as in JavaScript.

    Raises PackageJsonInvalid for what some reader cannot read (not UTF-8, half a surrogate pair, nested
    beyond 200), PackageJsonNotObject, PackageNameMissing or PackageVersionMissing. Values are not judged.
    """
    try:
        value = from_json(data.removeprefix(_BYTE_ORDER_MARK), allow_inf_nan=False)
    except ValueError as error:
        raise PackageJsonInvalid(reason=str(error)) from None
    if not isinstance(value, dict):
        raise PackageJsonNotObject(kind=_KINDS.get(type(value), "a number"))
    if not isinstance(value.get("name"), str):
        raise PackageNameMissing
    if not isinstance(value.get("version"), str):
        raise PackageVersionMissing
    return value
