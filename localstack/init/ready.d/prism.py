"""Run by LocalStack when it is ready: prepares the bucket and the queues that Prism needs.

LocalStack gives a hook no path of its own, so PRISM_ROOT says where `localstack` and `deployment` are mounted.
"""

import os
import subprocess
import sys

root = os.environ.get("PRISM_ROOT", "/opt/prism")
# In a process of its own: what is imported there is not left behind in LocalStack.
subprocess.run(
    [sys.executable, "-P", f"{root}/localstack/provision.py"],
    check=True,
    env={**os.environ, "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"},
)
