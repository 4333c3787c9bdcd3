"""Publish ten real packages from the npm registry, one in two versions, into a running registry, and look at them.

    python scripts/demo.py

The registry is the one at PRISM_REGISTRY_URL, by default the local server's. Packages are fetched with npm.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PRISM: Final = Path(sys.executable).parent / "prism"
PACKAGES: Final = (
    "ms@2.1.2",
    "ms@2.1.3",
    "react@19.2.0",
    "preact@10.27.2",
    "zod@3.25.76",
    "nanoid@5.1.6",
    "chalk@5.6.2",
    "uuid@11.1.0",
    "@sindresorhus/is@7.1.0",
    "lodash@4.17.21",
    "is-odd@3.0.1",
)
LOOKS: Final = (
    ("which file Deno loads for `preact/hooks`", ["resolve", "preact@^10/hooks", "--runtime", "deno"]),
    ("what changed between two versions of `ms`", ["diff", "ms", "2.1.2", "2.1.3"]),
    ("the files of `nanoid`", ["files", "nanoid@5"]),
)


def main() -> int:
    """Fetch, publish and look; answers the exit status of the first command that fails."""
    if status := _prism(["search", PACKAGES[0], "--json"], stdout=subprocess.DEVNULL):
        return status  # the command has said that no registry answers, and what to do
    folder = ROOT / ".cache" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        tarballs = [_fetch(spec, folder, number) for number, spec in enumerate(PACKAGES, 1)]
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        print(f"error: npm could not fetch the packages: {error}", file=sys.stderr)
        print("hint: `npm view ms` shows whether npm reaches its registry", file=sys.stderr)
        return 1
    started = time.perf_counter()
    for number, tarball in enumerate(tarballs, 1):
        print(f"[{number:2}/{len(tarballs)}] publishing {tarball.name}", file=sys.stderr)
        if status := _prism(["publish", str(tarball)]):
            return status
    seconds = time.perf_counter() - started
    print(f"{len(tarballs)} versions published in {seconds:.1f} s", file=sys.stderr)
    for title, arguments in LOOKS:
        print(f"\n# {title}\n$ prism {' '.join(arguments)}", flush=True)
        if status := _prism(arguments):
            return status
    return 0


def _fetch(spec: str, folder: Path, number: int) -> Path:
    path = folder / f"{spec.replace('@', '-').replace('/', '-').lstrip('-')}.tgz"
    if not path.exists():
        print(f"[{number:2}/{len(PACKAGES)}] fetching {spec}", file=sys.stderr)
        packed = subprocess.run(
            ["npm", "pack", spec, "--pack-destination", str(folder), "--ignore-scripts", "--silent"],
            check=True,
            capture_output=True,
            text=True,
            cwd=folder,
        )
        (folder / packed.stdout.strip().splitlines()[-1]).rename(path)
    return path


def _prism(arguments: list[str], *, stdout: int | None = None) -> int:
    return subprocess.run([str(PRISM), *arguments], check=False, env=os.environ, stdout=stdout).returncode


if __name__ == "__main__":
    sys.exit(main())
