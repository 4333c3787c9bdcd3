"""Problem documents (RFC 9457) turned into errors that say what to do next."""

import json
from http import HTTPStatus
from typing import Any, Final

from chalicelib.cli.errors import RegistryRefused
from chalicelib.cli.transport import HttpResponse

HINTS: Final = {
    "version_exists": "raise `version` in package.json and publish again",
    "package_not_found": "`prism search` finds packages by name, keyword and description",
    "version_not_found": "`prism info` with the bare name lists the versions and tags",
    "tag_not_found": "`prism tag` with the bare name lists the tags",
    "entry_not_found": "`prism info` with the version shows what it exports, and to which runtimes",
    "name_mismatch": "publish under the name that package.json says",
    "digest_mismatch": "the upload was damaged on its way; publish again",
    "payload_too_large": "leave files out with `files` in package.json; `prism pack --dry-run` lists them",
    "too_many_specs": "name fewer specs, runtimes or modes in one command",
    "invalid_tarball": "`prism pack --dry-run` lists what goes into the tarball",
    "authentication_required": "set PRISM_TOKEN to a token; an admin makes one with `prism token create`, and "
    "the first admin is the registry's setting PRISM_ADMIN_TOKEN",
    "invalid_token": "set PRISM_TOKEN to another token; an admin makes one with `prism token create`",
    "forbidden": "`prism whoami` shows what the token in PRISM_TOKEN allows; ask an admin for one that allows this",
    "publisher_not_allowed": "ask an admin to run `prism publisher allow` with the publisher's name",
    "no_upstream": "the operator sets PRISM_UPSTREAM_REGISTRY; `prism publish` takes a tarball from anywhere",
    "package_mirrored": "publish under a name of your own, such as one with a scope",
    "upload_not_found": "`prism verdict` takes the key below incoming/, or the whole s3:// address",
    "job_not_found": "`prism jobs` lists the jobs with their ids",
    "job_unfinished": "`prism job` with the id and --follow waits for its end",
    "bytes_gone": "publish the package again",
    "upload_too_large": "leave files out with `files` in package.json; `prism pack --dry-run` lists them",
    "too_many_uploads": "finish the uploads that were begun with the same commands, or wait until they expire",
    "password_required": "add --password",
    "password_wrong": "ask the sender for the password, and add it with --password",
    "bucket_not_found": "`prism sent` lists what was sent from here and is still there",
    "archive_too_large": "name fewer packages, and make more archives",
    "token_not_found": "`prism token list` shows the ids",
    "publisher_not_found": "`prism publisher list` shows the names",
}
"""The next step, by the problem's code."""

_HINTS_BY_STATUS: Final = {
    401: "set PRISM_TOKEN to a token of this registry",
    403: "the token in PRISM_TOKEN does not allow this; ask for one that does",
    413: HINTS["payload_too_large"],
    422: HINTS["invalid_tarball"],
    429: "wait a moment, then run the command again",
    502: "run the command again in a moment",
    503: "run the command again in a moment",
    504: "run the command again in a moment",
}


def hint_of(code: str, http_status: int) -> str | None:
    """Answer the next step after a problem, by its code or else its status, or None."""
    return HINTS.get(code) or _HINTS_BY_STATUS.get(http_status)


def refusal(response: HttpResponse) -> RegistryRefused:
    """Answer the error for a response that is not a success."""
    facts = _facts(response)
    detail = (
        facts.get("detail") or facts.get("title") or f"the registry answers {_status_line(response.status)}"
    )
    hint = hint_of(str(facts.get("code")), response.status) or _request_hint(facts)
    if response.status == HTTPStatus.NOT_FOUND and facts.get("code") in {None, "route_not_found"}:
        hint = "is this the address of a Prism registry? name another with --registry or PRISM_REGISTRY_URL"
    return RegistryRefused(str(detail), http_status=response.status, facts=facts, hint=hint)


def _facts(response: HttpResponse) -> dict[str, Any]:
    try:
        facts = json.loads(response.body)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _request_hint(facts: dict[str, Any]) -> str | None:
    if facts.get("code") == "internal_error" and facts.get("requestId"):
        return f"its operator finds the reason under request {facts['requestId']}"
    return None


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
