"""Every driver is registered and held to the contract."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest

import chalicelib.storage
from chalicelib.storage import DRIVERS
from chalicelib.storage.port import ObjectStore
from chalicelib.storage.testing import ObjectStoreContract

ROOM = Path(chalicelib.storage.__file__).parent
TESTS = Path(__file__).parents[1] / "storage"
VERBS = [name for name, _ in inspect.getmembers(ObjectStore, inspect.isfunction) if not name.startswith("_")]


def driver_files() -> list[str]:
    """Answer the modules of the room that define a class with every verb of the port."""
    found = []
    for path in sorted(ROOM.glob("*.py")):
        module = import_module(f"chalicelib.storage.{path.stem}")
        classes = [
            kind for kind in vars(module).values() if inspect.isclass(kind) and kind is not ObjectStore
        ]
        own = [kind for kind in classes if kind.__module__ == module.__name__]
        if any(all(hasattr(kind, verb) for verb in VERBS) for kind in own):
            found.append(path.stem)
    return found


def contract_subclasses(path: Path) -> list[str]:
    """Answer the test classes of a file that derive, at any distance, from the contract."""
    module = import_module(f"tests.storage.{path.stem}")
    names = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
    return [
        name
        for name in names
        if name.startswith("Test") and issubclass(getattr(module, name), ObjectStoreContract)
    ]


def test_every_driver_file_is_registered() -> None:
    registered = {path.partition(":")[0].rpartition(".")[2] for path in DRIVERS.values()}

    assert registered == set(driver_files())


@pytest.mark.parametrize("driver", driver_files())
def test_every_driver_is_held_to_the_contract(driver: str) -> None:
    assert contract_subclasses(TESTS / f"test_{driver}.py")


def test_the_contract_is_not_run_without_a_driver() -> None:
    assert not ObjectStoreContract.__name__.startswith("Test")
    assert inspect.isabstract(ObjectStoreContract)
