"""The setting of a run: with which model, experts and limits it was started."""

from collections.abc import Iterable
from typing import Any, Self

from pydantic import ConfigDict, SerializerFunctionWrapHandler, model_serializer

from chalicelib.domain.executions.identity import Id, Milliseconds
from chalicelib.domain.executions.records import Record
from chalicelib.domain.executions.redaction import redacted


class RunSetting(Record):
    """With what a run was started; its secrets are readable as attributes of the value and nowhere else.

    Every other form it can take (JSON, bytes, a dump, its representation in a log or traceback) is the redacted one.
    Where absent, `max_steps` is 100, `max_retries` 5 and `timeout` 300,000 milliseconds.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    job_id: Id
    run_id: Id
    started_at: Milliseconds
    updated_at: Milliseconds
    model: str | None = None
    provider_config: dict[str, Any] | None = None
    expert_key: str | None = None
    input: dict[str, Any] | None = None
    experts: dict[str, Any] | None = None
    reasoning_budget: Any = None
    max_steps: int | None = None
    max_retries: int | None = None
    timeout: int | None = None
    perstack_api_base_url: str | None = None
    perstack_api_key: str | None = None
    perstack_base_skill_command: list[str] | None = None
    env: dict[str, Any] | None = None
    proxy_url: str | None = None
    verbose: bool | None = None

    def redacted(self) -> Self:
        """Answer the setting without its secrets, in which the names of what was hidden are left."""
        return self.model_validate(self.to_json_value())

    @model_serializer(mode="wrap")
    def _without_secrets(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        shown: dict[str, Any] = redacted(serialize(self))
        return shown

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show what may be shown."""
        yield from self.model_dump(exclude_none=True).items()
