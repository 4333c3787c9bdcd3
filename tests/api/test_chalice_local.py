"""Plain `chalice local` serves the registry too."""

import json
import threading
import urllib.request

from chalice.config import Config
from chalice.local import create_local_server

from chalicelib.api import RESOURCES
from chalicelib.api.gateway import PrismApp
from chalicelib.container import installed
from tests.worlds import memory_world, package


def test_chalices_own_server_takes_and_serves_a_package() -> None:
    app = PrismApp("prism")
    app.mount(RESOURCES)
    server = create_local_server(app, Config.create(lambda_timeout=29), "127.0.0.1", 0)
    thread = threading.Thread(target=server.server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server.server_address[1]}"
    upload = urllib.request.Request(
        f"{address}/v1/packages/demo",
        data=package(),
        headers={"Content-Type": "application/octet-stream"},
        method="POST",
    )
    try:
        with installed(memory_world().container):
            with urllib.request.urlopen(upload) as answer:
                assert (answer.status, json.load(answer)["created"]) == (201, True)
            with urllib.request.urlopen(f"{address}/packages/demo/1.0.0/index.js") as answer:
                assert answer.read() == b"export default '1.0.0'\n"
    finally:
        server.shutdown()
        server.server.server_close()
        thread.join()
