"""API Gateway's part in the emulation: answers HTTP as `serve.py` does, and does nothing between two requests.

`serve.py` also takes up jobs that wait; here that is for the functions to do, which hear of them from the bucket.
"""

import os
import sys

import serve
from chalicelib.container import container
from chalicelib.settings import Settings


def main() -> int:
    """Serve until interrupted or terminated; answers the exit status."""
    settings = Settings.from_env()
    _ = container().store  # what cannot be opened is told before anything is served
    serve.serve_until_stopped(serve.open_server(*serve.address_of(os.environ), limit=settings.limits.payload))
    return 0


if __name__ == "__main__":
    sys.exit(main())
