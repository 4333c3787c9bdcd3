"""Stores around a store, as they run in production: one that measures, one that refuses to write where it is unsafe."""

from typing import Final

from chalicelib.storage.port import ObjectStore
from chalicelib.storage.wrappers.guarded import Guard, GuardedStore
from chalicelib.storage.wrappers.measured import MeasuredStore

__all__ = ["Guard", "GuardedStore", "MeasuredStore", "in_production"]

TRUSTED: Final = frozenset({"memory", "filesystem"})
"""Drivers that judge conditions themselves; what any other one does depends on the service behind it."""


def in_production(store: ObjectStore, driver: str, *, probes: str, proof: str, measured: bool) -> ObjectStore:
    """Answer the store with what a process of a registry puts around it; `probes` is a prefix, `proof` a key."""
    watched = MeasuredStore(store) if measured else store
    return (
        watched
        if driver in TRUSTED
        else GuardedStore(watched, Guard(store, driver, probes=probes, proof=proof))
    )
