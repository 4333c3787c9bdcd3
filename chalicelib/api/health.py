"""Whether the registry is up."""

from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.document import Document

routes = Routes(tag="registry")


class Medium(Document):
    """Where something is kept."""

    driver: str


class Health(Document):
    """The registry's state, and where manifests and artifacts are kept."""

    status: str
    storage: Medium
    artifacts: Medium


@routes.get("/v1/health", summary="Whether the registry is up", answers={200: Health})
def health(request: Request) -> Answer:
    """Tell that the registry answers, and over which drivers; touches no storage."""
    settings = container().settings
    return json_answer(
        Health(
            status="ok",
            storage=Medium(driver=settings.storage_driver),
            artifacts=Medium(driver=settings.artifact_driver or settings.storage_driver),
        ),
        cache=NO_STORE,
    )
