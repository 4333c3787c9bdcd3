"""What happens once in a process: the settings are read, and telemetry learns where to go."""

import logging
from typing import Final

from chalicelib import telemetry
from chalicelib.api.errors import Misconfigured
from chalicelib.api.gateway import PrismApp
from chalicelib.settings import InvalidSettings, Settings

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.start")


def start(app: PrismApp) -> None:
    """Begin to log, count and trace as the settings say.

    Settings that cannot be read do not stop the process: a function that fails to start answers nothing that says why.
    """
    try:
        settings = Settings.from_env()
    except InvalidSettings as error:
        telemetry.configure(log_level="INFO")
        app.trouble = Misconfigured(str(error))
        _LOG.error("misconfigured: %s", app.trouble.detail)
        return
    telemetry.configure(
        log_level=settings.log_level,
        metrics=settings.metrics,
        deployment=settings.stage,
        traces_endpoint=settings.traces_endpoint,
    )
    for name in settings.unknown:
        _LOG.warning("%s is set, and there is no such setting", name)
