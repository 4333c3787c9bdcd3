"""Registries for the clients: Prism's local server over memory, open to all or asking for tokens."""

import contextlib
import secrets
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import quote

from chalicelib.api import RESOURCES
from chalicelib.api.gateway import PrismApp
from chalicelib.api.local.server import running
from chalicelib.container import installed
from chalicelib.settings import Settings
from tests.clients.wire import send
from tests.worlds import World, world

ADMIN: Final = "the-operators-own-token"


class Registry(NamedTuple):
    """A running registry: where it is, what is in it, and what an administrator shows."""

    address: str
    world: World
    admin: str | None

    @property
    def url(self) -> str:
        """What clients call the registry: its address below `/npm/`."""
        return f"{self.address}/npm/"

    def token(self, name: str = "alice", *scopes: str, packages: tuple[str, ...] = ()) -> str:
        """Make a token for somebody: by an administrator, or where everybody is let in, by logging in."""
        if self.admin is None:
            return self.logged_in(name)
        wanted = {"name": name, "scopes": scopes or ("read", "publish")}
        body = wanted | ({"packages": list(packages)} if packages else {})
        status, answer = send("POST", f"{self.address}/v1/tokens", body, token=self.admin)
        assert status == 201, answer
        return str(answer["token"])

    def logged_in(self, name: str) -> str:
        """Answer the token that a login as clients used to do it gives."""
        body = {
            "_id": f"org.couchdb.user:{name}",
            "name": name,
            "password": secrets.token_hex(8),
            "type": "user",
        }
        status, answer = send("PUT", f"{self.url}-/user/org.couchdb.user:{quote(name)}", body)
        assert status == 201, answer
        return str(answer["token"])

    def tags(self, name: str) -> dict[str, str]:
        """Answer the tags of a package, as an administrator sees them."""
        _, answer = send("GET", f"{self.url}-/package/{quote(name, safe='@')}/dist-tags", token=self.admin)
        return dict(answer)


@contextlib.contextmanager
def open_registry() -> Iterator[Registry]:
    """Serve a registry that lets everybody in."""
    with _serving(Settings(storage_driver="memory", access="open")) as registry:
        yield registry


@contextlib.contextmanager
def guarded_registry() -> Iterator[Registry]:
    """Serve a registry that asks for tokens."""
    with _serving(Settings(storage_driver="memory", access="token", admin_token=ADMIN)) as registry:
        yield registry


@contextlib.contextmanager
def _serving(settings: Settings) -> Iterator[Registry]:
    app = PrismApp("prism")
    app.mount(RESOURCES)
    made = world(settings)
    with installed(made.container), running(app) as address:
        yield Registry(address, made, settings.admin_token)
