"""The Chalice app: what the gateway and the events call. No logic."""

import chalicelib.api.cold_start  # noqa: F401 - first, for what its import does
from chalicelib.api import RESOURCES
from chalicelib.api.gateway import PrismApp
from chalicelib.api.starting import start
from chalicelib.events import heads, uploads

app = PrismApp(app_name="prism")
app.mount(RESOURCES)
start(app)

# The handler of a function is named after the variable, so the two names must be equal.
publish_uploads = app.lambda_function(name="publish_uploads")(uploads.publish_uploads)
derive_packages = app.lambda_function(name="derive_packages")(heads.derive_packages)
