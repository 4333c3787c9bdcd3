"""The packaged Terraform configuration is one that a present Terraform takes, and says what the template says."""

import json
import re
from copy import deepcopy
from typing import Any, Final

import pytest

from deployment.bucket import notification_rules
from deployment.cloudformation import RESPONSES, UnexpectedTemplate
from deployment.policies import policy
from deployment.stage import read_stage, stage_names
from deployment.terraform import PROVIDER, SWAGGER, mended, to_json
from tests.api.test_gateway import complaints
from tests.deployment import provider
from tests.deployment.packages import chalices, configuration, template
from tests.deployment.provider import refused

STAGES: Final = stage_names()


@pytest.fixture(params=STAGES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def resource(stage: str, kind: str) -> dict[str, Any]:
    """Answer the resources of a type, of both files."""
    return {
        key: value for file in configuration(stage) for key, value in file["resource"].get(kind, {}).items()
    }


def test_terraform_would_take_it(name: str) -> None:
    assert refused(*configuration(name)) == []


def test_what_chalice_writes_by_itself_would_be_refused() -> None:
    found = refused(chalices("dev", "terraform").template)

    assert "aws_api_gateway_deployment.rest_api has no argument stage_name" in found
    assert (
        "output.EndpointURL refers to no attribute: aws_api_gateway_deployment.rest_api.invoke_url" in found
    )
    assert "data.null_data_source.chalice is of a type that is not in the table" in found


def test_it_asks_for_the_provider_it_was_checked_against(name: str) -> None:
    wanted = configuration(name)[0]["terraform"]["required_providers"]

    assert wanted == {"aws": {"source": "hashicorp/aws", "version": PROVIDER}}
    assert provider.PROVIDER.split(".")[0] == PROVIDER.removeprefix(">= ").split(".")[0]


BROKEN: Final = [
    pytest.param(
        lambda r: r["aws_sqs_queue"]["publish_uploads"].update(fifo="x"),
        "aws_sqs_queue.publish_uploads has no argument fifo",
        id="an-unknown-argument",
    ),
    pytest.param(
        lambda r: r["aws_lambda_permission"]["publish_uploads_bucket"].pop("principal"),
        "aws_lambda_permission.publish_uploads_bucket lacks principal",
        id="a-missing-argument",
    ),
    pytest.param(
        lambda r: r["aws_s3_bucket_lifecycle_configuration"]["registry"]["rule"][0].pop("status"),
        "aws_s3_bucket_lifecycle_configuration.registry.rule lacks status",
        id="a-missing-argument-of-a-block",
    ),
    pytest.param(
        lambda r: r["aws_sqs_queue"]["publish_uploads"].update(name="${var.nobody}"),
        "aws_sqs_queue.publish_uploads refers to var.nobody, which nothing declares",
        id="an-unknown-variable",
    ),
    pytest.param(
        lambda r: r["aws_sqs_queue"]["publish_uploads"].update(name="${aws_s3_bucket.registry.size}"),
        "aws_sqs_queue.publish_uploads refers to no attribute: aws_s3_bucket.registry.size",
        id="an-unknown-attribute",
    ),
    pytest.param(
        lambda r: r["aws_s3_bucket"]["registry"].update(bucket="${aws_s3_bucket_policy.registry.id}"),
        "nothing can be made first",
        id="a-circle",
    ),
    pytest.param(
        lambda r: r.update(aws_s3_thing={"x": {}}),
        "aws_s3_thing.x is of a type that is not in the table",
        id="an-unknown-type",
    ),
    pytest.param(
        lambda r: r["aws_lambda_function_event_invoke_config"]["publish_uploads"].update(depends_on=["a.b"]),
        "aws_lambda_function_event_invoke_config.publish_uploads depends on a.b, which nothing declares",
        id="an-unknown-dependency",
    ),
]


@pytest.mark.parametrize(("broke", "complaint"), BROKEN)
def test_what_terraform_would_refuse_is_found(broke: Any, complaint: str) -> None:
    first, second = deepcopy(configuration("dev"))
    broke(second["resource"])

    assert any(found.startswith(complaint) for found in refused(first, second))


def test_two_declarations_of_one_thing_are_found() -> None:
    first, second = configuration("dev")

    assert "aws_sqs_queue.publish_uploads is declared twice" in refused(first, second, second)


def test_every_function_has_its_own_policy(name: str) -> None:
    stage = read_stage(name)

    for function in stage.functions.values():
        text = resource(name, "aws_iam_role_policy")[f"{function.name}_role"]["policy"]
        for variable, told in {
            "${var.bucket_name}": stage.bucket,
            "${data.aws_partition.chalice.partition}": "aws",
            "${data.aws_region.chalice.region}": "*",
            "${data.aws_caller_identity.chalice.account_id}": "*",
        }.items():
            text = text.replace(variable, told)
        assert json.loads(text) == policy(stage, function)


def test_functions_are_told_the_bucket_and_the_first_token(name: str) -> None:
    for function in resource(name, "aws_lambda_function").values():
        variables = function["environment"]["variables"]
        assert variables["PRISM_S3_BUCKET"] == "${var.bucket_name}"
        assert variables["PRISM_ADMIN_TOKEN"] == "${var.admin_token}"
        assert variables["PRISM_REGISTRY_URL"] == "${var.registry_url}"
        assert variables["PRISM_STAGE"] == name


def test_the_bucket_calls_the_functions(name: str) -> None:
    told = resource(name, "aws_s3_bucket_notification")["registry"]["lambda_function"]

    assert [(item["filter_prefix"], item["filter_suffix"], item["lambda_function_arn"]) for item in told] == [
        (rule.prefix, rule.suffix, f"${{aws_lambda_function.{rule.function}.arn}}")
        for rule in notification_rules(read_stage(name).prefix)
    ]


def test_a_rule_of_each_stage_calls_the_sweeper_and_may(name: str) -> None:
    rules = resource(name, "aws_cloudwatch_event_rule")
    targets = resource(name, "aws_cloudwatch_event_target")
    permission = resource(name, "aws_lambda_permission")["sweep-event"]

    assert [(rule["name"], rule["schedule_expression"]) for rule in rules.values()] == [
        (f"prism-{name}-sweep-event", "rate(5 minutes)")
    ]
    assert [(target["rule"], target["arn"]) for target in targets.values()] == [
        ("${aws_cloudwatch_event_rule.sweep-event.name}", "${aws_lambda_function.sweep.arn}")
    ]
    assert permission["source_arn"] == "${aws_cloudwatch_event_rule.sweep-event.arn}"
    assert permission["function_name"] == "${aws_lambda_function.sweep.arn}"


def test_the_gateway_is_told_the_same_as_by_cloudformation(name: str) -> None:
    swagger = json.loads(configuration(name)[0]["locals"][SWAGGER])
    api = template(name)["Resources"]["RestAPI"]["Properties"]
    described = resource(name, "aws_api_gateway_rest_api")["rest_api"]

    assert set(swagger["paths"]) == set(api["DefinitionBody"]["paths"])
    assert complaints(swagger["paths"]) == []
    assert swagger[RESPONSES] == api["DefinitionBody"][RESPONSES]
    assert described["minimum_compression_size"] == str(api["MinimumCompressionSize"])
    assert described["endpoint_configuration"] == {"types": ["REGIONAL"]}


@pytest.mark.parametrize(
    ("kind", "type_name", "mine", "theirs"),
    [
        ("aws_cloudwatch_metric_alarm", "AWS::CloudWatch::Alarm", "alarm_name", "AlarmName"),
        ("aws_cloudwatch_metric_alarm", "AWS::CloudWatch::Alarm", "threshold", "Threshold"),
        ("aws_sqs_queue", "AWS::SQS::Queue", "name", "QueueName"),
        ("aws_cloudwatch_log_group", "AWS::Logs::LogGroup", "name", "LogGroupName"),
        ("aws_cloudwatch_log_group", "AWS::Logs::LogGroup", "retention_in_days", "RetentionInDays"),
        ("aws_lambda_function", "AWS::Serverless::Function", "function_name", "FunctionName"),
        ("aws_lambda_function", "AWS::Serverless::Function", "timeout", "Timeout"),
        ("aws_lambda_function", "AWS::Serverless::Function", "memory_size", "MemorySize"),
    ],
)
def test_both_ways_say_the_same(name: str, kind: str, type_name: str, mine: str, theirs: str) -> None:
    others = [
        made["Properties"][theirs]
        for made in template(name)["Resources"].values()
        if made["Type"] == type_name
    ]

    assert sorted(str(made[mine]) for made in resource(name, kind).values()) == sorted(map(str, others))


def test_the_bucket_is_not_destroyed_by_accident(name: str) -> None:
    assert resource(name, "aws_s3_bucket")["registry"]["lifecycle"] == {"prevent_destroy": True}


def test_both_ways_give_functions_the_same_room(name: str) -> None:
    described = resource(name, "aws_lambda_function")

    for function in read_stage(name).functions.values():
        assert described[function.name]["ephemeral_storage"] == {"size": function.storage}


@pytest.mark.parametrize("variable", ["bucket_name", "admin_token", "registry_url"])
def test_a_wrong_value_is_refused_before_anything_is_made(variable: str) -> None:
    _, added = configuration("dev")
    told, parameters = added["variable"][variable], template("dev")["Parameters"]
    pattern = parameters["".join(part.capitalize() for part in variable.split("_"))]["AllowedPattern"]

    assert f'regex("^{pattern}$", var.{variable})' in told["validation"]["condition"]
    assert re.fullmatch(pattern, told["default"])


def test_the_digest_of_the_first_token_is_not_shown() -> None:
    assert configuration("dev")[1]["variable"]["admin_token"]["sensitive"] is True


def test_a_function_that_app_py_does_not_bind_is_missed() -> None:
    made = deepcopy(chalices("dev", "terraform").template)
    del made["resource"]["aws_lambda_function"]["derive_packages"]

    with pytest.raises(UnexpectedTemplate, match="derive_packages"):
        mended(read_stage("dev"), made)


def test_a_function_that_app_py_does_not_schedule_is_missed() -> None:
    made = deepcopy(chalices("dev", "terraform").template)
    del made["resource"]["aws_cloudwatch_event_rule"]

    with pytest.raises(UnexpectedTemplate, match="nothing ever calls sweep"):
        mended(read_stage("dev"), made)


def test_the_files_are_json_that_reads_back(name: str) -> None:
    for file in configuration(name):
        assert json.loads(to_json(file)) == file
