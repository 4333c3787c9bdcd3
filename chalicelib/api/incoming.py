"""Uploads that were dropped into the bucket: what became of them."""

from typing import Final

from pydantic import Field

from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.errors import UploadNotFound
from chalicelib.domain.verdict import Verdict

routes = Routes(tag="publish")

ASK_AGAIN_AFTER: Final = {"pending": 2, "failing": 20}
"""Seconds; what is failing is not tried again at once."""


class UploadStatus(Verdict):
    """What became of an upload; while nothing final has, `retryAfter` says in how many seconds to ask again."""

    retry_after: int | None = Field(default=None, ge=1)


@routes.get(
    "/v1/incoming/{path}",
    summary="What became of an upload",
    answers={200: UploadStatus},
    raises=(UploadNotFound,),
    scope="publish",
)
def status(request: Request) -> Answer:
    """Show the verdict on an upload, named by its key below `incoming/`; `.tgz` may be left out."""
    path = request.params["path"]
    verdict = container().verdicts.of(path)
    # To a caller who may not see the package, there is no such upload.
    if verdict.package is not None and not request.caller.sees(verdict.package):
        raise UploadNotFound(path)
    return status_answer(verdict)


def status_answer(verdict: Verdict, status: int = 200) -> Answer:
    """Answer a verdict, and when to ask again while it is none that stays."""
    seconds = ASK_AGAIN_AFTER.get(verdict.status)
    document = UploadStatus.model_validate({**verdict.to_json_value(), "retryAfter": seconds})
    headers = {"Retry-After": str(seconds)} if seconds else {}
    return json_answer(document, status=status, cache=NO_STORE, headers=headers)
