"""What the process imports that workers are forked from, so that each of them finds built what a publish builds once."""

from chalicelib.storage import s3  # noqa: F401 - the driver brings the SDK
from tests.services.executing import workers  # noqa: F401 - what a worker does
from tests.worlds import memory_world, publish

publish(memory_world().container)
