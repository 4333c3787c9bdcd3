"""The list of files that a package's tarball holds, by npm's rules."""

from collections.abc import Iterator
from pathlib import Path

from chalicelib.cli.packing.bundles import Bundled, bundled_packages
from chalicelib.cli.packing.collation import sort_key
from chalicelib.cli.packing.package_json import PackageJson, read_package_json
from chalicelib.cli.packing.policy import chosen_and_strict
from chalicelib.cli.packing.walker import Policy, walk
from chalicelib.cli.packing.workspaces import members, rules_from_above


def packlist(folder: Path, package: PackageJson | None = None) -> list[str]:
    """Answer the files to pack, relative to the folder, in the order they stand in the tarball.

    The rules are those of npm 11 (`npm-packlist`); raises UnusablePackage.
    """
    root = folder.absolute()
    package = package or read_package_json(root)
    workspaces = members(root, package.fields)
    files = set(walk(root, _root_policy(root, package, reads_nested_package_json=bool(workspaces))))
    for bundled in bundled_packages(root, package, workspaces):
        files.update(_bundled_files(root, bundled))
    return sorted(files, key=sort_key)


def _root_policy(root: Path, package: PackageJson, *, reads_nested_package_json: bool) -> Policy:
    chosen, strict, required = chosen_and_strict(package, root)
    return Policy(
        chosen=chosen,
        strict=strict,
        required=required,
        extra_defaults=rules_from_above(root),
        reads_nested_package_json=reads_nested_package_json,
    )


def _bundled_files(root: Path, bundled: Bundled) -> Iterator[str]:
    chosen, strict, required = (
        chosen_and_strict(bundled.package, bundled.path) if bundled.package else (None, [], ())
    )
    policy = Policy(
        chosen=chosen,
        strict=strict,
        required=required,
        # What was installed was packed before, so its ignore files have done their work; a link's have not.
        defaults=bundled.linked,
        obeys_ignore_files=bundled.linked,
    )
    # A package found through a link's real folder may lie beside the root's own tree; it cannot be packed.
    if bundled.path.is_relative_to(root):
        prefix = bundled.path.relative_to(root).as_posix()
        yield from (f"{prefix}/{path}" for path in walk(bundled.path, policy))
