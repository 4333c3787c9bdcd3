"""The Chalice app: what the gateway, the bucket and the clock call. No logic."""

from typing import Any

import chalicelib.api.cold_start  # noqa: F401 - first, for what its import does
from chalicelib.api import RESOURCES
from chalicelib.api.gateway import PrismApp
from chalicelib.api.starting import start
from chalicelib.events import heads, jobs, schedules, uploads

app = PrismApp(app_name="prism")
app.mount(RESOURCES)
start(app)

# The handler of a function is named after the variable, so the two names must be equal.
publish_uploads = app.lambda_function(name="publish_uploads")(uploads.publish_uploads)
derive_packages = app.lambda_function(name="derive_packages")(heads.derive_packages)
run_jobs = app.lambda_function(name="run_jobs")(jobs.run_jobs)


@app.schedule("rate(5 minutes)")
def sweep(event: Any) -> dict[str, Any]:
    """Hand over what Chalice has made one object of."""
    return schedules.sweep(event.to_dict(), event.context)
