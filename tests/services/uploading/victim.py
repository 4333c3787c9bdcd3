"""A process that sends an upload into a folder or a bucket and says what was acknowledged, until somebody kills it.

`python -m tests.services.uploading.victim PLACE FID LENGTH CHUNK`, where a place is a folder or `ENDPOINT#BUCKET`.
"""

import sys
from pathlib import Path

from chalicelib.domain.access import EVERYBODY
from chalicelib.domain.uploads.ids import Fid
from tests.services.uploading.senders import content, uploading
from tests.worlds import World, filesystem_world, s3_world


def registry(place: str) -> World:
    """Answer the registry in a folder or a bucket."""
    endpoint, _, bucket = place.partition("#")
    return s3_world(endpoint, bucket) if bucket else filesystem_world(Path(place))


def main(place: str, fid: str, length: str, chunk: str) -> None:
    """Go on where the upload ends, to its end."""
    uploads = uploading(registry(place).container)
    data, upload = content(int(length)), Fid.parse(fid)
    found = uploads.find(upload, EVERYBODY)
    while not found.is_complete:
        sys.stdout.write(f"{found.offset}\n")
        sys.stdout.flush()
        piece = data[found.offset : found.offset + int(chunk)]
        found = uploads.append(upload, found.offset, piece, caller=EVERYBODY)
    sys.stdout.write(f"{found.offset}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
