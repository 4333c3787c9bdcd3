"""The deployment package of the sources as they are, as Lambda unzips it."""

import json
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from deployment.build import built_package
from deployment.cloudformation import complete
from deployment.stage import read_stage

STAGE: Final = "dev"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A built package: the folder that is Lambda's /var/task, the archive it came from, and its template."""

    code: Path
    archive: Path
    template: Path

    def packed(self) -> set[str]:
        """Answer the paths of the files that were packed."""
        with zipfile.ZipFile(self.archive) as archive:
            return {name for name in archive.namelist() if not name.endswith("/")}

    def read_template(self) -> dict[str, Any]:
        """Answer the template as CloudFormation reads it."""
        return complete(read_stage(STAGE), json.loads(self.template.read_text()))


@cache
def unpacked() -> Unpacked:
    """Answer the package of the sources as they are."""
    built = built_package(STAGE)
    return Unpacked(built.code, built.package.zip, built.package.template)
