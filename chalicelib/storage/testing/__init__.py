"""What authors of drivers and users of stores test with; only the contract needs pytest, and late."""

from typing import TYPE_CHECKING

from chalicelib.storage.testing.wrappers import Call, CountingStore, Death, Fault, FaultyStore

if TYPE_CHECKING:
    from chalicelib.storage.testing.contract import ObjectStoreContract

__all__ = ["Call", "CountingStore", "Death", "Fault", "FaultyStore", "ObjectStoreContract"]


def __getattr__(name: str) -> object:
    if name == "ObjectStoreContract":
        from chalicelib.storage.testing.contract import ObjectStoreContract  # noqa: PLC0415 - needs pytest

        return ObjectStoreContract
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
