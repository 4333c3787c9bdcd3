"""The six clients."""

from typing import Final

from tests.clients.bun import Bun
from tests.clients.client import Client
from tests.clients.deno import Deno
from tests.clients.npm import Npm
from tests.clients.pnpm import Pnpm
from tests.clients.yarn import Yarn
from tests.clients.yarn_classic import YarnClassic

CLIENTS: Final[tuple[type[Client], ...]] = (Npm, Pnpm, YarnClassic, Yarn, Bun, Deno)
PUBLISHERS: Final = tuple(client for client in CLIENTS if client.publishes)
