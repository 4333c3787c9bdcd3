"""The HTTP edge: one module a resource, each with its table of routes."""

from collections.abc import Mapping
from typing import Final

RESOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "chalicelib.api.health": ("/v1/health",),
    "chalicelib.api.publish": ("/v1/packages",),
    "chalicelib.api.incoming": ("/v1/incoming",),
    "chalicelib.api.direct": ("/v1/uploads/direct",),
    "chalicelib.api.jobs": ("/v1/jobs",),
    "chalicelib.api.packages": ("/v1/packages",),
    "chalicelib.api.curation": ("/v1/packages",),
    "chalicelib.api.resolve": ("/v1/resolve",),
    "chalicelib.api.graph": ("/v1/resolve/graph",),
    "chalicelib.api.imports": ("/v1/imports",),
    "chalicelib.api.search": ("/v1/search",),
    "chalicelib.api.files": ("/packages",),
    "chalicelib.api.archives": ("/v1/archives",),
    "chalicelib.api.access": ("/v1/tokens", "/v1/publishers", "/v1/whoami", "/v1/audit"),
    "chalicelib.api.uploads.routes": ("/v1/uploads",),
    "chalicelib.api.npm.users": ("/npm/-/whoami", "/npm/-/npm/v1/user", "/npm/-/user"),
    "chalicelib.api.npm.login": ("/npm/-/v1/login", "/npm/-/v1/done"),
    "chalicelib.api.npm.tokens": ("/npm/-/npm/v1/tokens",),
    "chalicelib.api.npm.packages": ("/npm",),
    "chalicelib.api.npm.tags": ("/npm/-/package",),
    "chalicelib.api.npm.registry": ("/npm/-",),
    "chalicelib.api.npm.search": ("/npm/-/v1/search",),
    "chalicelib.api.keys": ("/v1/keys",),
    "chalicelib.api.advisories": ("/v1/advisories",),
    "chalicelib.api.npm.audit": ("/npm/-/npm/v1/security",),
    "chalicelib.api.trust": ("/v1/trust",),
    "chalicelib.api.sweeping": ("/v1/sweep",),
    "chalicelib.api.rebuilding": ("/v1/rebuild",),
    "chalicelib.api.npm.keys": ("/npm/-/npm/v1/keys",),
    "chalicelib.api.npm.attestations": ("/npm/-/npm/v1/attestations",),
    "chalicelib.api.send.buckets": ("/v1/buckets",),
    "chalicelib.api.send.pages": ("/s",),
    "chalicelib.api.send.archive": ("/s",),
    "chalicelib.api.description": ("/v1/openapi.json", "/v1/problems"),
}
"""The modules whose `routes` are served, one line each, and what the paths of those begin with.

A module is imported when a path is first asked for that begins so: a cold start pays for one resource.
"""
