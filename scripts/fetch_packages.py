"""Fetch the real packages that tests, demo and benchmarks use, with npm, into `.cache/packages`.

    python scripts/fetch_packages.py                    all of tests/real_packages.json
    python scripts/fetch_packages.py react@19.2.0 …     only these

Each is checked against its pinned integrity; what is there and right is not fetched again.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
PINNED: Final = ROOT / "tests" / "real_packages.json"
CACHE: Final = ROOT / ".cache" / "packages"


def pinned() -> list[dict[str, Any]]:
    """Answer the pinned packages: name, version, and what npm says of their tarballs."""
    rows: list[dict[str, Any]] = json.loads(PINNED.read_text())
    return rows


def path_of(row: dict[str, Any]) -> Path:
    """Answer where a package's tarball lies, named as `npm pack` names it."""
    return CACHE / f"{row['name'].replace('@', '').replace('/', '-')}-{row['version']}.tgz"


def fetch(rows: Iterable[dict[str, Any]]) -> list[Path]:
    """Answer the tarballs, fetched where they are missing; raises ValueError for wrong bytes."""
    wanted = list(rows)
    missing = [row for row in wanted if not _is_right(row)]
    if missing:
        print(f"fetching {len(missing)} packages with npm", file=sys.stderr)
        _npm_pack(missing)
    wrong = [row["name"] for row in missing if not _is_right(row)]
    if wrong:
        raise ValueError(f"these packages are not the bytes that are pinned: {', '.join(wrong)}")
    return [path_of(row) for row in wanted]


def _npm_pack(rows: list[dict[str, Any]]) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    specs = [f"{row['name']}@{row['version']}" for row in rows]
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        subprocess.run(
            ["npm", "pack", *specs, "--pack-destination", folder, "--ignore-scripts", "--silent"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )
        for row in rows:
            (Path(folder) / path_of(row).name).replace(path_of(row))


def _is_right(row: dict[str, Any]) -> bool:
    path = path_of(row)
    if not path.exists():
        return False
    digest = hashlib.sha512(path.read_bytes()).digest()
    return bool(row["integrity"] == f"sha512-{base64.b64encode(digest).decode()}")


def main() -> int:
    """Fetch what the arguments name, or everything."""
    named = set(sys.argv[1:])
    rows = [row for row in pinned() if not named or f"{row['name']}@{row['version']}" in named]
    if named and len(rows) != len(named):
        known = {f"{row['name']}@{row['version']}" for row in rows}
        print(f"not pinned in tests/real_packages.json: {', '.join(sorted(named - known))}", file=sys.stderr)
        return 2
    fetch(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
