"""What executions promise on every driver, as a pytest class that each driver's tests derive from.

A driver's tests are a subclass whose name starts with `Test`, with a `medium` fixture that gives an empty store.
"""

from tests.stores.executions.contract.checkpoints import CheckpointsContract
from tests.stores.executions.contract.damage import DamageContract
from tests.stores.executions.contract.events import EventsContract
from tests.stores.executions.contract.ids import IdsContract
from tests.stores.executions.contract.jobs import JobsContract
from tests.stores.executions.contract.leases import LeasesContract
from tests.stores.executions.contract.numbered import NumberedEventsContract
from tests.stores.executions.contract.races import RacesContract
from tests.stores.executions.contract.runs import RunsContract

__all__ = ["ExecutionsContract", "RacesContract"]


class ExecutionsContract(
    CheckpointsContract,
    EventsContract,
    NumberedEventsContract,
    JobsContract,
    RunsContract,
    LeasesContract,
    IdsContract,
    DamageContract,
    RacesContract,
):
    """Every promise of executions."""
