"""Where bytes are kept: one port, and a driver a medium.

Drivers are named by import path, so that the SDK of one that was not chosen is never loaded.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from chalicelib.settings import InvalidSettings, Settings
from chalicelib.storage.port import ObjectStore

DRIVERS: Final[Mapping[str, str]] = {
    "memory": "chalicelib.storage.memory:MemoryStore",
    "filesystem": "chalicelib.storage.filesystem:FilesystemStore",
    "s3": "chalicelib.storage.s3:S3Store",
    "r2": "chalicelib.storage.r2:R2Store",
}


def open_store(driver: str, settings: Settings) -> ObjectStore:
    """Open the store of a driver: a name in DRIVERS, or `module:Class` for one of your own.

    The class is made by its `from_settings(settings)` if it has one, and without arguments otherwise. Raises
    InvalidSettings if there is no such driver, or if it misses a setting.
    """
    by_artifacts = driver == settings.artifact_driver != settings.storage_driver
    variable = "PRISM_ARTIFACT_DRIVER" if by_artifacts else "PRISM_STORAGE_DRIVER"
    make = _load(driver, f"{variable} is `{driver}`, which")
    store = make.from_settings(settings) if hasattr(make, "from_settings") else make()
    if not isinstance(store, ObjectStore):
        raise InvalidSettings(f"{variable} is `{driver}`, which does not have every verb of ObjectStore")
    return store


def _load(driver: str, complaint: str) -> Callable[..., object]:
    module, colon, name = DRIVERS.get(driver, driver).partition(":")
    if not (module and colon and name):
        raise InvalidSettings(f"{complaint} is none of {', '.join(DRIVERS)}, module:Class")
    try:
        found: object = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InvalidSettings(f"{complaint} cannot be loaded: {error}") from error
    if not callable(found):
        raise InvalidSettings(f"{complaint} is neither a class nor a function")
    return found
