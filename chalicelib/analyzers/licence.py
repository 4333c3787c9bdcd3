"""Reports the licence a package declares, whether that is an SPDX expression, and its licence files."""

from chalicelib.analyzers.base import Found, Subject
from chalicelib.domain.facts.licences import declared_licence, is_spdx_expression, licence_files
from chalicelib.domain.metadata import Licence

name = "licence"
version = "1"
requires: tuple[str, ...] = ()
essential = False


def analyze(subject: Subject) -> Found:
    """Answer the Licence of a package."""
    declared = declared_licence(subject.package.package_json)
    found = Licence(
        declared=declared,
        spdx=declared is not None and is_spdx_expression(declared),
        files=licence_files(subject.package.files),
    )
    return Found(_verdict(found), found)


def _verdict(licence: Licence) -> str:
    if licence.declared is None:
        return "no licence declared"
    return licence.declared if licence.spdx else f"{licence.declared} (not an SPDX expression)"
