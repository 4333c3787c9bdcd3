"""What the process imports from which workers are forked: each finds built what a first publish builds."""

from chalicelib.storage import s3  # noqa: F401 - the driver brings the SDK
from tests.services.executing import workers  # noqa: F401 - what a worker does
from tests.worlds import memory_world, publish

publish(memory_world().container)
