"""The Chalice app: what the gateway and the events call. No logic."""

from chalicelib.api import RESOURCES, logs
from chalicelib.api.gateway import PrismApp, mount
from chalicelib.settings import Settings

logs.configure(Settings.from_env().log_level)

app = PrismApp(app_name="prism")
mount(app, RESOURCES)
