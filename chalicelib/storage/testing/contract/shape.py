"""A driver has the port's verbs, spelt as the port spells them."""

import inspect

import pytest

from chalicelib.storage.port import ObjectStore
from chalicelib.storage.testing.contract.base import ContractBase

VERBS = [name for name, _ in inspect.getmembers(ObjectStore, inspect.isfunction) if not name.startswith("_")]


class ShapeContract(ContractBase):
    """The driver can stand wherever the port is asked for."""

    def test_the_driver_is_an_object_store(self, store: ObjectStore) -> None:
        assert isinstance(store, ObjectStore)

    @pytest.mark.parametrize("verb", VERBS)
    def test_a_verb_has_the_signature_of_the_port(self, store: ObjectStore, verb: str) -> None:
        wanted = inspect.signature(getattr(ObjectStore, verb)).parameters.values()
        found = inspect.signature(getattr(type(store), verb)).parameters.values()

        assert [(p.name, p.kind, p.default) for p in found] == [(p.name, p.kind, p.default) for p in wanted]
