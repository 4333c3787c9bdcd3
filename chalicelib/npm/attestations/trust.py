"""The root that is trusted where none was set.

`trusted_root.json` beside this file is the root of Sigstore's public-good instance, as Sigstore publishes it by TUF
and as the npm package `@sigstore/tuf` 4.0.2 holds it in `seeds.json` (Apache-2.0).
"""

from pathlib import Path
from typing import Any, Final

from pydantic_core import from_json

DEFAULT: Final = Path(__file__).parent / "trusted_root.json"


def default_root() -> Any:
    """Answer its JSON value."""
    return from_json(DEFAULT.read_bytes())
