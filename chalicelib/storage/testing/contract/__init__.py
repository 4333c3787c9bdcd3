"""The contract of the storage port, as a pytest class that each driver's tests derive from.

A driver's tests are a subclass whose name starts with `Test`, with a `store` fixture and two back doors,
`peek` and `plant`, that reach the medium without the driver; the contract then judges the driver by the
medium and not by itself. A class attribute tells what a medium cannot do, and the tests expect the documented
answer instead.
"""

from chalicelib.storage.testing.contract.base import ContractBase
from chalicelib.storage.testing.contract.keys import KeysContract
from chalicelib.storage.testing.contract.listing import ListingContract
from chalicelib.storage.testing.contract.parts import PartsContract
from chalicelib.storage.testing.contract.races import RacesContract
from chalicelib.storage.testing.contract.reading import ReadingContract
from chalicelib.storage.testing.contract.shape import ShapeContract
from chalicelib.storage.testing.contract.streaming import StreamingContract
from chalicelib.storage.testing.contract.writing import WritingContract

__all__ = ["ContractBase", "ObjectStoreContract"]


class ObjectStoreContract(
    ShapeContract,
    ReadingContract,
    WritingContract,
    StreamingContract,
    KeysContract,
    ListingContract,
    PartsContract,
    RacesContract,
):
    """Every promise of the storage port; derive from it to test a driver."""
