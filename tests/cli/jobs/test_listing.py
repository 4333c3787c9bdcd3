"""`prism jobs`: what it shows."""

import json

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism, text
from tests.cli.fake_registry import FakeRegistry, Reply
from tests.cli.jobs.records import COMPLETED, RUNNING, failed


class TestJobs:
    """`prism jobs`."""

    def test_each_job_is_a_line(self, prism: Prism, registry: FakeRegistry) -> None:
        waiting = {"id": "b", "state": "queued", "startedAt": "2025-12-31T21:00:00.000Z"}
        at_work = RUNNING | {"id": "c", "name": "@acme/widget", "startedAt": "2025-12-31T23:59:48.000Z"}
        registry.answer("GET /v1/jobs", {"jobs": [at_work, failed("not_gzip"), waiting], "next": "place"})

        result = prism("jobs")

        assert result.out == text("""
            ID                 PACKAGE             STATE    STARTED    TOOK    ERROR
            c                  @acme/widget@1.0.0  running  12 s ago   12.0 s
            publish-0c5e-1a2b  widget@1.0.0        failed   2 min ago  1.2 s   not_gzip
            b                  -                   queued   3 h ago    -
        """)
        assert (result.status, result.err) == (ExitStatus.OK, "there are more: add --cursor place\n")

    def test_what_is_asked_for_is_sent(self, prism: Prism, registry: FakeRegistry) -> None:
        asked = ["--state", "failed", "--package", "@acme/widget", "--limit", "5", "--cursor", "place"]

        prism("jobs", *asked)
        prism("jobs", "--since", "2h")
        prism("jobs", "--since", "2026-01-31T12:00:00Z")

        assert registry.requests == [
            "GET /v1/jobs?state=failed&package=%40acme%2Fwidget&limit=5&cursor=place",
            "GET /v1/jobs?since=2025-12-31T22%3A00%3A00.000Z",
            "GET /v1/jobs?since=2026-01-31T12%3A00%3A00Z",
        ]

    def test_where_there_are_none_it_is_said(self, prism: Prism, registry: FakeRegistry) -> None:
        registry.answer("GET /v1/jobs", {"jobs": []})

        result = prism("jobs")

        assert (result.status, result.out, result.err) == (ExitStatus.OK, "", "there are no such jobs\n")

    def test_records_that_cannot_be_read_are_noted(self, prism: Prism, registry: FakeRegistry) -> None:
        record = {"key": "jobs/x/job.json", "reason": "two\nlines"}
        registry.answer("GET /v1/jobs", {"jobs": [COMPLETED], "unreadable": [record]})

        assert prism("jobs").err == "note: `jobs/x/job.json` cannot be read: two lines\n"

    def test_json_is_the_answer_as_it_came(self, prism: Prism, registry: FakeRegistry) -> None:
        came = json.dumps({"jobs": [COMPLETED]}, indent=3)
        registry.answer("GET /v1/jobs", Reply(came))

        assert prism("jobs", "--json").out == f"{came}\n"

    @pytest.mark.parametrize(
        "colours", [pytest.param({}, id="coloured"), pytest.param({"NO_COLOR": "1"}, id="plain")]
    )
    def test_the_heading_stands_out_on_a_terminal(
        self, prism: Prism, registry: FakeRegistry, colours: dict[str, str]
    ) -> None:
        registry.answer("GET /v1/jobs", {"jobs": [COMPLETED]})

        assert ("\x1b[1mID" in prism("jobs", tty=True, **colours).out) == (not colours)
