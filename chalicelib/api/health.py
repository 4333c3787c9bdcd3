"""Whether the registry is up, and with `deep` whether everything it stands on is well."""

from http import HTTPStatus
from typing import Literal

from chalicelib.api.errors import Misconfigured
from chalicelib.api.guard import caller_of
from chalicelib.api.queries import Payload
from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.access import AuthenticationRequired, ScopeMissing
from chalicelib.domain.document import Document
from chalicelib.domain.errors import InvalidQuery
from chalicelib.settings import InvalidSettings, Settings

routes = Routes(tag="registry")


class HealthQuery(Payload):
    """Whether to look at what the registry stands on."""

    deep: bool = False


class MediumPlace(Document):
    """Where something is kept, as far as its driver tells."""

    driver: str
    bucket: str | None = None
    prefix: str | None = None
    endpoint: str | None = None
    root: str | None = None


class Check(Document):
    """What one check has found, and where something is wrong what to do."""

    name: str
    status: Literal["ok", "warning", "failed"]
    detail: str
    fix: str | None = None


class Health(Document):
    """The registry's state, where manifests and artifacts are kept, and what the checks have found."""

    status: Literal["ok", "degraded", "failing"]
    storage: MediumPlace | None = None
    artifacts: MediumPlace | None = None
    checks: list[Check] | None = None


@routes.get(
    "/v1/health",
    summary="Whether the registry is up",
    query=HealthQuery,
    answers={200: Health, 503: Health},
    raises=(InvalidQuery, AuthenticationRequired, ScopeMissing),
    scope=None,
)
def health(request: Request) -> Answer:
    """Tell that the registry answers, and over which drivers; touches no storage.

    With `deep=true` it looks at the settings and at the storage, which it probes by writing, and answers every check
    with its outcome: 200 while the registry is `ok` or `degraded`, 503 while it is `failing`. Where tokens are asked
    for, that takes one with the scope `admin`.
    """
    deep = request.query_as(HealthQuery).deep
    try:
        settings = container().settings
        if deep:
            _check_admin(request)
            return _answer(_deep())
    except InvalidSettings as error:
        return _answer(_misconfigured(error))
    return _answer(_shallow(settings))


def _shallow(settings: Settings) -> Health:
    return Health(
        status="ok",
        storage=MediumPlace(driver=settings.storage_driver),
        artifacts=MediumPlace(driver=settings.artifact_driver or settings.storage_driver),
    )


def _deep() -> Health:
    diagnosing = container().diagnosing
    diagnosis = diagnosing.diagnose()
    storage, artifacts = diagnosing.storage, diagnosing.artifacts
    return Health(
        status=diagnosis.status,
        storage=MediumPlace(driver=storage.driver, **storage.place()),
        artifacts=MediumPlace(driver=artifacts.driver, **artifacts.place()),
        checks=[Check(**finding._asdict()) for finding in diagnosis.findings],
    )


def _misconfigured(error: InvalidSettings) -> Health:
    sentence = Misconfigured(str(error)).detail
    fix = "correct the variable and start the registry again"
    return Health(
        status="failing", checks=[Check(name="settings", status="failed", detail=sentence, fix=fix)]
    )


def _check_admin(request: Request) -> None:
    if container().settings.access == "open":
        return
    caller = caller_of(request)
    if not caller.may("admin"):
        raise ScopeMissing("admin", caller.scopes)


def _answer(health: Health) -> Answer:
    failing = health.status == "failing"
    status = HTTPStatus.SERVICE_UNAVAILABLE if failing else HTTPStatus.OK
    return json_answer(health, status=status, cache=NO_STORE)
