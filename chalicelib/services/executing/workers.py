"""What workers are called."""

import os
import secrets
import socket


def worker_name() -> str:
    """Answer a name that no other invocation has, and that tells an operator where to look: host, process, nonce."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
