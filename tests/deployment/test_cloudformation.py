"""The packaged CloudFormation template deploys everything that belongs to a stage."""

import json
from pathlib import Path
from typing import Any, Final

import cfnlint
import pytest
import yaml

from app import app
from chalicelib.settings import Limits
from deployment import cloudformation
from deployment.alarms import alarms
from deployment.bucket import lifecycle_rules, notification_rules
from deployment.cloudformation import UnexpectedTemplate, complete, to_json
from deployment.delivery import MAXIMUM_AGE_SECONDS, RETRIES
from deployment.paths import ANY, shortened
from deployment.policies import policy
from deployment.stage import API, LEAST_STORAGE, Function, read_stage, stage_names
from tests.api.callers import assert_problem, call
from tests.api.test_gateway import complaints, resources
from tests.deployment.packages import chalices, template

MOST_BYTES: Final = 1_000_000
"""What CloudFormation reads from a bucket."""
MOST_RESOURCES: Final = 500
GATEWAY_RESOURCES: Final = 300
FUNCTION: Final = "AWS::Serverless::Function"

PUBLISHING: Final = ("publish_uploads", "run_jobs", "sweep")

STAGES: Final = stage_names()


@pytest.fixture(params=STAGES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def of_type(made: dict[str, Any], kind: str) -> dict[str, Any]:
    """Answer the properties of every resource of a type."""
    return {
        key: value.get("Properties", {}) for key, value in made["Resources"].items() if value["Type"] == kind
    }


def functions(stage: str) -> list[Function]:
    """Answer the functions of a stage."""
    return list(read_stage(stage).functions.values())


def test_cfn_lint_finds_nothing() -> None:
    # Of one stage, as the other differs in names alone.
    found = cfnlint.lint(to_json(template("prod")), regions=["eu-central-1"])

    assert [f"{match.rule.id} {match.message} at {match.path}" for match in found] == []


def test_cfn_lint_would_find_something() -> None:
    broken = json.loads(to_json(template("prod")))
    for path in list(broken["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"])[1:]:
        del broken["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"][path]
    del broken["Resources"]["PublishUploads"]["Properties"]["Handler"]

    found = cfnlint.lint(to_json(broken), regions=["eu-central-1"])

    assert any("Handler" in match.message for match in found)


def test_the_template_is_small_enough(name: str) -> None:
    assert len(to_json(template(name))) < MOST_BYTES
    assert len(yaml.dump(template(name), Dumper=yaml.CSafeDumper)) < MOST_BYTES, (
        "as the AWS command rewrites it"
    )
    assert len(template(name)["Resources"]) < MOST_RESOURCES


def test_the_gateway_would_take_the_packaged_paths(name: str) -> None:
    paths = of_type(template(name), "AWS::Serverless::Api")["RestAPI"]["DefinitionBody"]["paths"]

    assert complaints(paths) == []
    assert 1 < len(resources(paths)) <= GATEWAY_RESOURCES
    for path, methods in paths.items():
        for method in methods.values():
            said = {parameter["name"] for parameter in method.get("parameters", [])}
            assert said == {part[1:-1] for part in path.split("/") if part.startswith("{")}


def test_every_path_of_the_app_reaches_it_by_every_method(name: str) -> None:
    paths = of_type(template(name), "AWS::Serverless::Api")["RestAPI"]["DefinitionBody"]["paths"]

    assert set(paths) == set(app.routes)
    assert all(set(methods) == {ANY} for methods in paths.values())


def test_a_method_that_a_path_does_not_take_is_refused_in_our_shape() -> None:
    answer = call(app, "DELETE", "/v1/problems")

    assert_problem(answer, 405, "method_not_allowed")


def test_methods_that_are_treated_differently_stay_apart() -> None:
    paths = {"/a": {"get": {"x": 1}, "put": {"x": 2}}, "/b": {"get": {"x": 1}, "put": {"x": 1}}}

    assert shortened(paths) == {"/a": paths["/a"], "/b": {ANY: {"x": 1}}}


def test_every_function_has_its_own_role_with_its_own_policy(name: str) -> None:
    made, stage = template(name), read_stage(name)
    roles = of_type(made, "AWS::IAM::Role")

    assert len(roles) == len(functions(name))
    for function in functions(name):
        described = made["Resources"][function.logical_id]["Properties"]
        role = described["Role"]["Fn::GetAtt"][0]
        (inline,) = roles[role]["Policies"]
        assert filled(inline["PolicyDocument"], stage.bucket) == policy(stage, function)
        assert described["FunctionName"] == function.full_name


def filled(value: Any, bucket: str) -> Any:
    """Answer a value with CloudFormation's variables filled in as policy files have them."""
    if isinstance(value, dict):
        if set(value) == {"Fn::Sub"}:
            names = {"BucketName": bucket, "AWS::Partition": "aws", "AWS::Region": "*", "AWS::AccountId": "*"}
            text = value["Fn::Sub"]
            for variable, told in names.items():
                text = text.replace(f"${{{variable}}}", told)
            assert "${" not in text
            return text
        return {key: filled(item, bucket) for key, item in value.items()}
    return [filled(item, bucket) for item in value] if isinstance(value, list) else value


def test_functions_are_told_the_bucket_and_the_first_token(name: str) -> None:
    for function in functions(name):
        variables = template(name)["Resources"][function.logical_id]["Properties"]["Environment"]["Variables"]
        assert variables["PRISM_S3_BUCKET"] == {"Ref": "BucketName"}
        assert variables["PRISM_ADMIN_TOKEN"] == {"Ref": "AdminToken"}
        assert variables["PRISM_REGISTRY_URL"] == {"Ref": "RegistryUrl"}
        assert variables["PRISM_ACCESS"] == "token"
        assert variables["PRISM_STAGE"] == name


def test_events_that_fail_are_repeated_and_then_kept(name: str) -> None:
    made = template(name)
    queues = of_type(made, "AWS::SQS::Queue")

    for function in read_stage(name).events:
        told = made["Resources"][function.logical_id]["Properties"]["EventInvokeConfig"]
        queue = told["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
        assert (told["MaximumRetryAttempts"], told["MaximumEventAgeInSeconds"]) == (
            RETRIES,
            MAXIMUM_AGE_SECONDS,
        )
        assert queues[queue]["QueueName"] == function.dead_letters


def test_the_sweeper_is_called_every_five_minutes(name: str) -> None:
    made, stage = template(name), read_stage(name)
    called = {key: told["Events"] for key, told in of_type(made, FUNCTION).items() if "Events" in told}

    assert list(called) == [function.logical_id for function in stage.scheduled_functions] == ["Sweep"]
    # The transform makes the rule of it, and the permission of the rule to call the function.
    assert list(called["Sweep"].values()) == [
        {"Type": "Schedule", "Properties": {"Schedule": "rate(5 minutes)"}}
    ]


def test_the_bucket_calls_the_functions_and_may(name: str) -> None:
    made, stage = template(name), read_stage(name)
    bucket = made["Resources"]["Bucket"]
    told = bucket["Properties"]["NotificationConfiguration"]["LambdaConfigurations"]
    permissions = of_type(made, "AWS::Lambda::Permission")

    assert [
        (item["Function"]["Fn::GetAtt"][0], *(rule["Value"] for rule in item["Filter"]["S3Key"]["Rules"]))
        for item in told
    ] == [
        (stage.functions[rule.function].logical_id, rule.prefix, rule.suffix)
        for rule in notification_rules(stage.prefix)
    ]
    for needed in bucket["DependsOn"]:
        assert permissions[needed]["Principal"] == "s3.amazonaws.com"
        assert permissions[needed]["SourceAccount"] == {"Ref": "AWS::AccountId"}
        assert "Bucket" not in json.dumps(permissions[needed]["SourceArn"]).replace("BucketName", "")


def test_the_bucket_is_swept_kept_private_and_outlives_the_stack(name: str) -> None:
    bucket = template(name)["Resources"]["Bucket"]
    rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]

    assert [(rule["Id"], rule["Prefix"]) for rule in rules] == [
        (rule["ID"], rule["Filter"]["Prefix"]) for rule in lifecycle_rules(read_stage(name).prefix)
    ]
    # A stack that fails to be made takes its empty bucket along, and can be tried again.
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}


def test_a_bucket_that_an_earlier_stack_has_left_is_used_again(name: str) -> None:
    made = template(name)
    conditional = {key for key, value in made["Resources"].items() if value.get("Condition") == "MakesBucket"}

    assert conditional == {"Bucket", "BucketPolicy"}
    assert made["Conditions"]["MakesBucket"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "MakeBucket"}, "no"]}]}
    others = {key: value for key, value in made["Resources"].items() if key not in conditional}
    assert '"Bucket"' not in json.dumps(others) + json.dumps(made["Outputs"]), (
        "nothing else needs the resource"
    )


def test_the_digest_of_the_first_token_is_not_shown(name: str) -> None:
    assert template(name)["Parameters"]["AdminToken"]["NoEcho"] is True


def test_whoever_publishes_unattended_has_room_for_the_largest_package(name: str) -> None:
    for function in functions(name):
        described = template(name)["Resources"][function.logical_id]["Properties"]
        assert described["EphemeralStorage"] == {"Size": function.storage}

    # The pack lies below /tmp, at worst no smaller than what it packs.
    for publishing in PUBLISHING:
        assert read_stage(name).functions[publishing].storage << 20 > Limits().unpacked_size * 1.1
    assert read_stage(name).functions[API].storage == LEAST_STORAGE


def test_every_alarm_watches_something_that_is_there(name: str) -> None:
    made, stage = template(name), read_stage(name)
    watched = of_type(made, "AWS::CloudWatch::Alarm")
    there = {function.full_name for function in functions(name)}
    there |= {queue["QueueName"] for queue in of_type(made, "AWS::SQS::Queue").values()}
    api = of_type(made, "AWS::Serverless::Api")["RestAPI"]
    there |= {api["DefinitionBody"]["info"]["title"], api["StageName"]}

    assert len(watched) == len(alarms(stage))
    for alarm in watched.values():
        assert {dimension["Value"] for dimension in alarm["Dimensions"]} <= there


def test_logs_are_kept_as_long_as_the_stage_says(name: str) -> None:
    groups = of_type(template(name), "AWS::Logs::LogGroup")

    assert {group["LogGroupName"] for group in groups.values()} == {
        function.log_group for function in functions(name)
    }
    assert {group["RetentionInDays"] for group in groups.values()} == {read_stage(name).log_retention_days}


def test_answers_are_compressed_and_one_stage_is_made(name: str) -> None:
    api = of_type(template(name), "AWS::Serverless::Api")["RestAPI"]

    assert api["MinimumCompressionSize"] == 1024
    assert api["OpenApiVersion"] == "2.0"
    assert api["StageName"] == name
    assert api["EndpointConfiguration"] == {"Type": "REGIONAL"}


def test_stages_differ_in_what_the_configuration_says_they_differ_in() -> None:
    dev, prod = (to_json(template(name)) for name in ("dev", "prod"))

    same = dev.replace("prism-dev", "prism-prod").replace("registry-dev", "registry-prod")
    same = same.replace('"dev"', '"prod"').replace("/dev/", "/prod/").replace("stage dev", "stage prod")
    same = same.replace("stage=dev", "stage=prod").replace('"DEBUG"', '"INFO"')
    same = same.replace("PrismDev", "PrismProd").replace('"RetentionInDays": 14', '"RetentionInDays": 90')

    assert same == prod


def test_a_function_that_app_py_does_not_bind_is_missed(tmp_path: Path) -> None:
    made = json.loads(json.dumps(chalices("dev", "cloudformation").template))
    del made["Resources"]["DerivePackages"]

    with pytest.raises(UnexpectedTemplate, match=r"DerivePackages; app\.py must bind"):
        complete(read_stage("dev"), made)


def test_a_function_that_app_py_does_not_schedule_is_missed() -> None:
    made = json.loads(json.dumps(chalices("dev", "cloudformation").template))
    del made["Resources"]["Sweep"]["Properties"]["Events"]

    with pytest.raises(UnexpectedTemplate, match=r"nothing ever calls sweep; app\.py must schedule it"):
        complete(read_stage("dev"), made)


def test_completing_leaves_chalices_template_alone() -> None:
    before = json.dumps(chalices("dev", "cloudformation").template)

    complete(read_stage("dev"), chalices("dev", "cloudformation").template)

    assert json.dumps(chalices("dev", "cloudformation").template) == before
    assert cloudformation.RESPONSES not in before
