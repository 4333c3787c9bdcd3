"""The Chalice app: what the gateway and the events call. No logic."""

from chalicelib.api import RESOURCES, logs
from chalicelib.api.gateway import PrismApp, mount
from chalicelib.events import uploads
from chalicelib.settings import Settings

logs.configure(Settings.from_env().log_level)

app = PrismApp(app_name="prism")
mount(app, RESOURCES)

# The handler of a function is named after the variable, so the two names must be equal.
publish_uploads = app.lambda_function(name="publish_uploads")(uploads.publish_uploads)
