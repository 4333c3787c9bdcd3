"""The secrets of a run's setting are readable as attributes, and in no other form it takes."""

import copy
import json
import logging
from collections.abc import Callable

import pytest
from pydantic import BaseModel, ValidationError

from chalicelib.domain.executions.run_settings import RunSetting

GIVEN = {
    "jobId": "job-1",
    "runId": "run-1",
    "startedAt": 1,
    "updatedAt": 2,
    "model": "claude",
    "perstackApiKey": "SECRET-1",
    "env": {"PLAIN": "SECRET-2", "EMPTY": "", "PORT": 12345},
    "providerConfig": {
        "providerName": "azure",
        "apiKey": "SECRET-3",
        "resourceName": "SECRET-4",
        "nested": {"deep": ["SECRET-5"]},
    },
    "proxyUrl": "http://user:SECRET-6@proxy.example:8080/",
    "experts": {
        "e": {
            "instruction": "send Bearer SECRET-7abc and sk-ant-SECRET-8abcdefgh",
            "skills": {
                "s": {"command": "npx", "headers": {"X-Any": "SECRET-9"}, "env": {"A": "SECRET-10"}},
                "t": {
                    "clientSecret": "SECRET-11",
                    "access_token": "SECRET-12",
                    "requiredEnv": ["GITHUB_TOKEN"],
                },
            },
        }
    },
    "input": {"text": "write a haiku"},
    "maxSteps": 7,
    "laterField": {"password": "SECRET-13", "maxTokens": 9},
}


class Answer(BaseModel):
    """Something that a setting is part of."""

    setting: RunSetting


FORMS: dict[str, Callable[[RunSetting], object]] = {
    "bytes": lambda setting: setting.to_bytes(),
    "value": lambda setting: setting.to_json_value(),
    "dump": lambda setting: setting.model_dump(),
    "dump as json": lambda setting: setting.model_dump_json(),
    "part of a dump": lambda setting: Answer(setting=setting).model_dump(),
    "part of json": lambda setting: Answer(setting=setting).model_dump_json(),
    "repr": repr,
    "str": str,
    "part of a repr": lambda setting: repr([Answer(setting=setting)]),
    "copy": lambda setting: repr(copy.deepcopy(setting)),
    "redacted": lambda setting: vars(setting.redacted()),
}


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_setting_shows_a_secret(form: str) -> None:
    shown = str(FORMS[form](RunSetting.model_validate(GIVEN)))

    assert "SECRET" not in shown
    assert "12345" not in shown
    assert "claude" in shown


def test_what_is_no_secret_is_shown() -> None:
    shown = json.loads(RunSetting.model_validate(GIVEN).to_bytes())

    assert shown["env"] == {"PLAIN": "[hidden]", "EMPTY": "", "PORT": "[hidden]"}
    assert shown["providerConfig"]["providerName"] == "azure"
    assert shown["proxyUrl"] == "http://[hidden]@proxy.example:8080/"
    assert shown["experts"]["e"]["skills"]["s"]["command"] == "npx"
    assert shown["experts"]["e"]["skills"]["t"]["requiredEnv"] == ["GITHUB_TOKEN"]
    assert (shown["input"], shown["maxSteps"]) == ({"text": "write a haiku"}, 7)
    assert shown["laterField"] == {"password": "[hidden]", "maxTokens": 9}


def test_the_process_itself_reads_the_secrets() -> None:
    setting = RunSetting.model_validate(GIVEN).changed(updated_at=3)

    assert setting.perstack_api_key == "SECRET-1"
    assert setting.env is not None
    assert setting.env["PLAIN"] == "SECRET-2"


def test_redacting_twice_changes_nothing() -> None:
    once = RunSetting.model_validate(GIVEN).redacted()

    assert once.redacted() == once
    assert RunSetting.from_bytes(once.to_bytes()) == once


def test_a_setting_that_is_refused_does_not_show_its_secrets() -> None:
    with pytest.raises(ValidationError) as told:
        RunSetting.model_validate({**GIVEN, "jobId": None, "perstackApiKey": ["SECRET-1"]})

    assert "SECRET" not in str(told.value)


def test_a_log_line_does_not_show_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("prism").info("started with %s", RunSetting.model_validate(GIVEN))

    assert "SECRET" not in caplog.text
