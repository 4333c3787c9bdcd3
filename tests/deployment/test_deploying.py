"""A stage is put into an account and taken out of it again, by the commands of the guide."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from deployment.__main__ import main
from deployment.account import Account, Deployed, read_deployed
from deployment.alarms import alarms
from deployment.dead_letters import dead_letters, redrive
from deployment.delivery import MAXIMUM_AGE_SECONDS, RETRIES
from deployment.finish import allow_bucket, finish
from deployment.policies import policy
from deployment.problems import PROBLEMS
from deployment.stage import API, Stage, read_stage
from tests.deployment import aws
from tests.deployment.packages import chalices

STAGE: Final = read_stage("dev")
Clients = Callable[[str], Any]


@pytest.fixture(scope="module")
def environment(account: str) -> Iterator[pytest.MonkeyPatch]:
    """Let the commands reach the account, and no other."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in aws.variables(account).items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        yield patch


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deployed")


@pytest.fixture(scope="module")
def deployed(environment: pytest.MonkeyPatch, notes: Path) -> Path:
    """Put the stage `dev` into the account, as the guide says; gives where Chalice noted it."""
    put_in_place("dev", notes)
    return notes


def run(command: str, stage: str, *more: str | Path) -> None:
    """Run a command on a stage, which must succeed."""
    assert main([command, "--stage", stage, *map(str, more)]) == 0


def put_in_place(stage: str, notes: Path) -> None:
    """Do what `make deploy` does."""
    run("bucket", stage)
    run("deploy", stage, "--deployed", notes)
    run("finish", stage, "--deployed", notes)


def test_every_function_is_there_with_its_own_role(deployed: Path, clients: Clients) -> None:
    iam = clients("iam")

    for function in STAGE.functions.values():
        found = clients("lambda").get_function(FunctionName=function.full_name)["Configuration"]
        role = found["Role"].rpartition("/")[2]
        (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        inline = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        assert inline == policy(STAGE, function)
        assert (found["Timeout"], found["MemorySize"]) == (function.timeout, function.memory)
        assert found["EphemeralStorage"] == {"Size": function.storage}
        assert found["Environment"]["Variables"]["PRISM_S3_BUCKET"] == STAGE.bucket


def test_the_functions_package_is_trimmed(deployed: Path, clients: Clients) -> None:
    sizes = {
        clients("lambda").get_function(FunctionName=function.full_name)["Configuration"]["CodeSize"]
        for function in STAGE.functions.values()
    }

    assert sizes == {chalices("dev", "cloudformation").zip.stat().st_size}


def test_the_bucket_tells_the_functions_and_may(deployed: Path, clients: Clients) -> None:
    told = clients("s3").get_bucket_notification_configuration(Bucket=STAGE.bucket)
    arns = read_deployed(STAGE, deployed).arns

    heard = {item["LambdaFunctionArn"] for item in told["LambdaFunctionConfigurations"]}
    assert heard == {arns[function.name] for function in STAGE.bucket_functions}
    for function in STAGE.bucket_functions:
        text = clients("lambda").get_policy(FunctionName=function.full_name)["Policy"]
        (statement,) = json.loads(text)["Statement"]
        assert statement["Condition"]["ArnLike"]["AWS:SourceArn"] == f"arn:aws:s3:::{STAGE.bucket}"
        assert statement["Condition"]["StringEquals"]["AWS:SourceAccount"] == "123456789012"


def test_a_schedule_calls_the_sweeper_and_may(deployed: Path, clients: Clients) -> None:
    (function,) = STAGE.scheduled_functions
    events, arn = clients("events"), read_deployed(STAGE, deployed).arns[function.name]

    rule = events.describe_rule(Name=function.schedule)
    targets = events.list_targets_by_rule(Rule=function.schedule)["Targets"]
    text = clients("lambda").get_policy(FunctionName=function.full_name)["Policy"]

    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(5 minutes)", "ENABLED")
    assert [target["Arn"] for target in targets] == [arn]
    (statement,) = json.loads(text)["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"] == rule["Arn"]


def test_events_that_fail_are_kept(deployed: Path, clients: Clients) -> None:
    sqs = clients("sqs")

    for function in STAGE.events:
        told = clients("lambda").get_function_event_invoke_config(FunctionName=function.full_name)
        url = sqs.get_queue_url(QueueName=function.dead_letters)["QueueUrl"]
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert told["DestinationConfig"]["OnFailure"]["Destination"] == queue["QueueArn"]
        assert told["MaximumRetryAttempts"] == RETRIES
        assert told["MaximumEventAgeInSeconds"] == MAXIMUM_AGE_SECONDS
        assert queue["MessageRetentionPeriod"] == "1209600"


def test_logs_are_kept_and_alarms_are_set(deployed: Path, clients: Clients) -> None:
    groups = clients("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/prism-dev")["logGroups"]
    found = clients("cloudwatch").describe_alarms(AlarmNamePrefix="prism-dev")["MetricAlarms"]

    assert {group["logGroupName"]: group["retentionInDays"] for group in groups} == {
        function.log_group: STAGE.log_retention_days for function in STAGE.functions.values()
    }
    assert {alarm["AlarmName"] for alarm in found} == {alarm.name for alarm in alarms(STAGE)}


def test_the_gateway_answers_like_the_registry(deployed: Path, clients: Clients) -> None:
    gateway, api = clients("apigateway"), read_deployed(STAGE, deployed).api_id
    responses = gateway.get_gateway_responses(restApiId=api)["items"]
    stage = gateway.get_stage(restApiId=api, stageName="dev")

    assert {response["responseType"]: int(response["statusCode"]) for response in responses} == {
        kind: problem.status for kind, problem in PROBLEMS.items()
    }
    newest = gateway.get_deployments(restApiId=api)["items"][-1]["id"]
    assert stage["deploymentId"] == newest


def test_doing_it_all_again_changes_nothing_but_the_deployment(
    deployed: Path, clients: Clients, environment: pytest.MonkeyPatch
) -> None:
    before = snapshot(clients, STAGE)

    put_in_place("dev", deployed)

    assert snapshot(clients, STAGE) == before


def snapshot(clients: Clients, stage: Stage) -> dict[str, list[str]]:
    """Answer the names of everything that belongs to a stage in the account."""
    prefix = f"prism-{stage.name}"
    functions = clients("lambda").list_functions()["Functions"]
    roles = clients("iam").list_roles()["Roles"]
    queues = clients("sqs").list_queues(QueueNamePrefix=prefix).get("QueueUrls", [])
    groups = clients("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{prefix}")["logGroups"]
    found = clients("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    buckets = clients("s3").list_buckets()["Buckets"]
    rules = clients("events").list_rules(NamePrefix=prefix)["Rules"]
    return {
        "schedules": sorted(rule["Name"] for rule in rules),
        "functions": sorted(f["FunctionName"] for f in functions if f["FunctionName"].startswith(prefix)),
        "roles": sorted(role["RoleName"] for role in roles if role["RoleName"].startswith(prefix)),
        "queues": sorted(queues),
        "logs": sorted(group["logGroupName"] for group in groups),
        "alarms": sorted(alarm["AlarmName"] for alarm in found),
        "buckets": sorted(bucket["Name"] for bucket in buckets if bucket["Name"] == stage.bucket),
    }


def letter(sqs: Any, queue: str, key: str) -> None:
    """Put what Lambda sends to a destination into a queue."""
    body = {
        "version": "1.0",
        "timestamp": "2026-01-31T12:00:00.000Z",
        "requestContext": {"requestId": "1", "condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": {"Records": [{"s3": {"object": {"key": key}}}]},
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "the medium is on fire", "errorType": "StorageUnavailable"},
    }
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))


def test_events_that_were_given_up_are_shown_and_handed_in_again(
    deployed: Path, clients: Clients, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    function = STAGE.functions["publish_uploads"]
    letter(clients("sqs"), function.dead_letters, "prism/incoming/one.tgz")
    with Account() as account:
        sent: list[dict[str, Any]] = []
        account.functions.meta.events.register(
            "provide-client-params.lambda.Invoke", lambda params, **_: sent.append(params)
        )

        letters = list(redrive(account, STAGE))

        assert [(found.reason, found.attempts, found.keys) for found in letters] == [
            ("the medium is on fire", 3, ["prism/incoming/one.tgz"])
        ]
        assert [(call["FunctionName"], call["InvocationType"]) for call in sent] == [
            (function.full_name, "Event")
        ]
        assert json.loads(sent[0]["Payload"]) == letters[0].event
        assert list(dead_letters(account, STAGE)) == []
    run("dead-letters", "dev")
    assert capsys.readouterr().out == "0 dead letters\n"


def test_a_stage_is_taken_back_and_its_data_left(
    environment: pytest.MonkeyPatch, clients: Clients, notes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = read_stage("prod")
    put_in_place("prod", notes)
    s3 = clients("s3")
    s3.put_object(Bucket=stage.bucket, Key="prism/heads/demo.json", Body=b"{}")
    letter(clients("sqs"), stage.functions["derive_packages"].dead_letters, "prism/heads/demo.json")

    run("remove", "prod", "--deployed", notes)

    left = {kind: names for kind, names in snapshot(clients, stage).items() if names}
    assert set(left) == {"queues", "buckets"}
    said = capsys.readouterr().out
    assert "prism-prod-derive_packages-dead-letters: left, with 1 in it" in said
    assert "prism-registry-prod: left, with everything in it" in said

    s3.put_object(Bucket=stage.bucket, Key="others/key", Body=b"x")
    run("remove", "prod", "--deployed", notes, "--delete-data", stage.bucket)

    assert "prism-registry-prod: left, without the 1 objects below `prism/`" in capsys.readouterr().out
    s3.delete_object(Bucket=stage.bucket, Key="others/key")
    run("remove", "prod", "--deployed", notes, "--delete-data", stage.bucket)

    assert "prism-registry-prod: gone, with 0 objects" in capsys.readouterr().out
    assert not any(snapshot(clients, stage).values())


def test_data_are_deleted_only_by_the_buckets_own_name(
    environment: pytest.MonkeyPatch, notes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["remove", "--stage", "dev", "--deployed", str(notes), "--delete-data", "prism-registry-prod"]

    assert main(given) == 1

    said = capsys.readouterr()
    assert said.err == "error: the bucket of stage dev is `prism-registry-dev`, not `prism-registry-prod`\n"
    assert said.out == "", "nothing was begun"


@pytest.mark.parametrize("command", ["deploy", "finish", "remove"])
def test_a_stage_is_not_looked_for_in_another_region(
    deployed: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--stage", "dev", "--deployed", str(deployed), "--region", "us-east-1"]) == 1

    assert capsys.readouterr().err == (
        "error: stage dev is deployed in eu-central-1, not in us-east-1; give --region eu-central-1\n"
    )


def test_finishing_ends_the_same_wherever_it_was_interrupted(
    deployed: Path, clients: Clients, environment: pytest.MonkeyPatch
) -> None:
    there = read_deployed(STAGE, deployed)
    before, calls = snapshot(clients, STAGE), calls_of(STAGE, there)

    for number in range(0, calls, 7):
        with Account() as account, pytest.raises(Interrupted):
            stop_at(account, number)
            list(finish(account, STAGE, there))

    assert calls > 50
    with Account() as account:
        list(finish(account, STAGE, there))
    assert snapshot(clients, STAGE) == before


class Interrupted(Exception):
    """The machine of whoever deploys went away."""


def stop_at(account: Account, number: int) -> list[str]:
    """Interrupt an account's work at a call; answers a list of the calls that were made."""
    made: list[str] = []

    def count(model: Any, **_: object) -> None:
        if len(made) == number:
            raise Interrupted
        made.append(model.name)

    for client in (
        account.s3,
        account.functions,
        account.queues,
        account.logs,
        account.alarms,
        account.gateway,
    ):
        client.meta.events.register("before-call", count)
    return made


def calls_of(stage: Stage, there: Deployed) -> int:
    """Answer how many calls it takes to finish a stage."""
    with Account() as account:
        made = stop_at(account, -1)
        list(finish(account, stage, there))
        return len(made)


def test_a_bucket_that_may_call_a_function_is_not_shut_out_while_finishing(
    deployed: Path, environment: pytest.MonkeyPatch
) -> None:
    with Account() as account:
        made = stop_at(account, -1)
        list(finish(account, STAGE, read_deployed(STAGE, deployed)))

    assert not {"RemovePermission", "AddPermission", "UpdateFunctionConfiguration"} & set(made)


def test_a_permission_of_another_bucket_is_replaced(
    deployed: Path, clients: Clients, environment: pytest.MonkeyPatch
) -> None:
    function, there = STAGE.functions["publish_uploads"], read_deployed(STAGE, deployed)
    moved = dataclasses.replace(STAGE, bucket="another-bucket")

    with Account() as account:
        allow_bucket(account, moved, function, there)
        text = clients("lambda").get_policy(FunctionName=function.full_name)["Policy"]
        allow_bucket(account, STAGE, function, there)

    (statement,) = json.loads(text)["Statement"]
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"] == "arn:aws:s3:::another-bucket"


def test_what_was_not_deployed_cannot_be_finished(
    environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["finish", "--stage", "dev", "--deployed", str(tmp_path)]) == 1

    assert "not deployed; run `make deploy STAGE=dev`" in capsys.readouterr().err


def test_without_a_region_nothing_is_done(
    environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert main(["bucket", "--stage", "dev"]) == 1

    assert capsys.readouterr().err.startswith("error: no region is chosen; give --region")


def test_an_unknown_stage_is_told_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bucket", "--stage", "staging"]) == 1

    assert capsys.readouterr().err == "error: `staging` is none of the stages dev, prod\n"


def test_the_api_function_has_the_name_that_chalice_gives_it() -> None:
    assert STAGE.functions[API].full_name == "prism-dev"
    assert STAGE.functions["publish_uploads"].full_name == "prism-dev-publish_uploads"
