"""`prism info`: what the registry knows of a package or of one version."""

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Show a package with its tags and versions, or everything about one version. A range
means the version that npm would pick from it.
"""

EXAMPLES = """
prism info react
prism info react@19.0.0
prism info @acme/widget@next --json
"""


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "info",
        run=run,
        summary="show a package or a version",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("spec", metavar="SPEC", help="NAME, NAME@VERSION, NAME@TAG or NAME@RANGE")
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Show what was asked for."""
    from chalicelib.cli.client import name_path, version_path
    from chalicelib.cli.output import fields, show, show_json
    from chalicelib.cli.picking import parse_spec, version_for
    from chalicelib.domain.specs import ANYTHING

    registry, spec = open_registry(args, env), parse_spec(args.spec)
    about_package = spec.wanted == ANYTHING
    path = name_path(spec.name)
    answer = registry.get(
        f"packages/{path}" if about_package else version_path(spec.name, version_for(registry, spec))
    )
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    rows = _package_rows(answer.value) if about_package else _version_rows(answer.value)
    show(env, fields(env, rows))
    return ExitStatus.OK


def _package_rows(page: Mapping[str, Any]) -> list[tuple[str, object]]:
    versions = page["releases"]
    return [
        ("Package", page["name"]),
        ("Latest", page.get("latest")),
        ("Versions", ", ".join(_numbered(line) for line in versions)),
        ("Tags", ", ".join(f"{tag} {version}" for tag, version in sorted(page["tags"].items()))),
        ("Modified", page.get("modified")),
    ]


def _numbered(line: Mapping[str, Any]) -> str:
    flags = [flag for flag in ("deprecated", "yanked") if line.get(flag)]
    return f"{line['version']} ({', '.join(flags)})" if flags else str(line["version"])


def _version_rows(page: Mapping[str, Any]) -> list[tuple[str, object]]:
    from chalicelib.cli.output import count, size

    metadata, manifest = page["metadata"], page["manifest"]
    identifier, publisher = metadata["identifier"], metadata["publisher"]
    dist, runtime = manifest["dist"], metadata.get("runtime") or {}
    return [
        ("Package", f"{identifier['name']}@{identifier['version']}"),
        ("Deprecated", page.get("release", {}).get("deprecated")),
        ("Yanked", page.get("release", {}).get("yanked")),
        ("Description", metadata.get("description")),
        ("Published", f"{metadata['release']['publishedAt']} by {_person(publisher)}"),
        ("Licence", metadata.get("license")),
        ("Homepage", metadata.get("homepage")),
        ("Keywords", ", ".join(metadata.get("keywords", ()))),
        ("Tags", ", ".join(metadata.get("tags", ()))),
        ("Format", runtime.get("moduleFormat")),
        ("Types", runtime.get("types")),
        ("Runtimes", _runtimes(manifest["runtimes"])),
        ("Exports", ", ".join(entry["name"] for entry in (metadata.get("exports") or {}).get("entries", ()))),
        (
            "Depends on",
            ", ".join(f"{name} {spec}" for name, spec in manifest.get("dependencies", {}).items()),
        ),
        ("Peers", ", ".join(f"{name} {spec}" for name, spec in manifest.get("peerDependencies", {}).items())),
        (
            "Contents",
            f"{count(dist['fileCount'], 'file')}, {size(dist['unpackedSize'])}, packed {size(dist['size'])}",
        ),
        ("Signals", ", ".join(signal["code"] for signal in metadata.get("signals", ()))),
        ("Score", manifest.get("score")),
        ("Integrity", manifest["integrity"]),
    ]


def _runtimes(runtimes: Mapping[str, bool]) -> str:
    supported = [name for name, works in runtimes.items() if works]
    blocked = [name for name, works in runtimes.items() if not works]
    return ", ".join(supported or ["none"]) + (f" (not {', '.join(blocked)})" if blocked else "")


def _person(publisher: Mapping[str, Any]) -> str:
    email = publisher.get("email")
    return f"{publisher['name']} <{email}>" if email else str(publisher["name"])
