"""The packaged CloudFormation template: Chalice's, and everything that Chalice has no setting for.

The bucket's name, the first token's digest, the address, the limits of concurrency and where alarms go are parameters,
whose defaults are the stage's. Functions, queues and log groups have the names that `chalice deploy` gives
them, so that policies and alarms are the same ones.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from deployment.alarms import PERIOD_SECONDS, Alarm, alarms
from deployment.bucket import (
    ENCRYPTION,
    OWNERSHIP,
    PUBLIC_ACCESS_BLOCK,
    NotificationRule,
    lifecycle_rules,
    notification_rules,
    tls_only,
)
from deployment.delivery import DEAD_LETTER_SECONDS, MAXIMUM_AGE_SECONDS, RETRIES
from deployment.paths import shortened
from deployment.policies import Place, policy
from deployment.problems import gateway_responses
from deployment.stage import API, Function, Stage, camel

Template = dict[str, Any]

PLACE: Final = Place("${BucketName}", "${AWS::Partition}", "${AWS::Region}", "${AWS::AccountId}")
MAKE_BUCKET: Final = "yes to make the bucket, no where an earlier stack or `make deploy` has left it"
BUCKET_PATTERN: Final = "[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
DIGEST_PATTERN: Final = "(sha256:[0-9a-f]{64})?"
BUCKET_NAME: Final = "The name of the bucket that keeps everything; nobody else may have one of this name"
ADMIN_DIGEST: Final = (
    "The digest of the first token with the scope admin, or empty; the guide says how to make it"
)
URL_PATTERN: Final = "(https?://.+)?"
REGISTRY_URL: Final = (
    "The address by which npm's clients know the registry, without /npm/, or empty; the guide says which"
)
ALARM_TOPIC: Final = "The ARN of the SNS topic that alarms are sent to, or empty"
RESPONSES: Final = "x-amazon-apigateway-gateway-responses"


class UnexpectedTemplate(Exception):
    """Chalice's template lacks what is to be added to."""


def complete(stage: Stage, template: Template) -> Template:
    """Answer Chalice's template of a stage with everything added."""
    made = copy.deepcopy(template)
    resources = made["Resources"]
    _check_functions(stage, resources)
    made["Description"] = f"{stage.app}, stage {stage.name}: a JavaScript package registry"
    made["Parameters"] = parameters(stage)
    made["Conditions"] = conditions(stage)
    for function in stage.functions.values():
        _complete_function(stage, function, resources)
    _complete_api(stage, resources["RestAPI"]["Properties"])
    for part in (_bucket, _queues, _logs, _alarms):
        resources.update(part(stage))
    made["Outputs"]["BucketName"] = {"Value": {"Ref": "BucketName"}}
    return made


def _check_functions(stage: Stage, resources: Template) -> None:
    missing = {function.logical_id for function in stage.functions.values()} - set(resources)
    if missing:
        raise UnexpectedTemplate(f"the template has no {', '.join(sorted(missing))}; app.py must bind them")
    for function in stage.scheduled_functions:
        events = resources[function.logical_id]["Properties"].get("Events", {})
        if not any(event["Type"] == "Schedule" for event in events.values()):
            raise UnexpectedTemplate(f"nothing ever calls {function.name}; app.py must schedule it")


def parameters(stage: Stage) -> Template:
    """Answer what may differ between two stacks of a stage."""
    limits = {
        _limit(function): {
            "Type": "Number",
            "Default": function.concurrency or 0,
            "MinValue": 0,
            "Description": f"The most {function.name} that may run at once; 0 for as many as the account allows",
        }
        for function in stage.functions.values()
    }
    return {
        "BucketName": {
            "Type": "String",
            "Default": stage.bucket,
            "AllowedPattern": BUCKET_PATTERN,
            "Description": BUCKET_NAME,
        },
        "MakeBucket": {
            "Type": "String",
            "Default": "yes",
            "AllowedValues": ["yes", "no"],
            "Description": MAKE_BUCKET,
        },
        "AdminToken": {
            "Type": "String",
            # A digest is no secret as long as the token was drawn at random; nobody has to see it all the same.
            "NoEcho": True,
            "Default": stage.admin_token,
            "AllowedPattern": DIGEST_PATTERN,
            "Description": ADMIN_DIGEST,
        },
        "RegistryUrl": {
            "Type": "String",
            "Default": stage.registry_url,
            "AllowedPattern": URL_PATTERN,
            "Description": REGISTRY_URL,
        },
        "AlarmTopic": {
            "Type": "String",
            "Default": "",
            "AllowedPattern": "(arn:.+)?",
            "Description": ALARM_TOPIC,
        },
        **limits,
    }


def conditions(stage: Stage) -> Template:
    """Answer what depends on parameters that may be empty."""
    limited = {
        f"Has{_limit(function)}": _given(_limit(function), "0") for function in stage.functions.values()
    }
    return {"HasAlarmTopic": _given("AlarmTopic", ""), "MakesBucket": _given("MakeBucket", "no"), **limited}


def _given(parameter: str, empty: str) -> Template:
    return {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, empty]}]}


def _limit(function: Function) -> str:
    return f"{camel(function.name)}Concurrency"


def _complete_function(stage: Stage, function: Function, resources: Template) -> None:
    properties = resources[function.logical_id]["Properties"]
    properties["FunctionName"] = function.full_name
    variables = properties["Environment"]["Variables"]
    variables["PRISM_S3_BUCKET"] = {"Ref": "BucketName"}
    variables["PRISM_ADMIN_TOKEN"] = {"Ref": "AdminToken"}
    variables["PRISM_REGISTRY_URL"] = {"Ref": "RegistryUrl"}
    properties["EphemeralStorage"] = {"Size": function.storage}
    properties["ReservedConcurrentExecutions"] = _if_given(_limit(function))
    resources[function.logical_id]["DependsOn"] = [_log_group(function)]
    role = resources[f"{camel(function.name)}Role"]["Properties"]
    role["Policies"][0]["PolicyDocument"] = _substituted(policy(stage, function, PLACE))
    if function.name != API:
        queue = {"Fn::GetAtt": [_queue(function), "Arn"]}
        properties["EventInvokeConfig"] = {
            "MaximumRetryAttempts": RETRIES,
            "MaximumEventAgeInSeconds": MAXIMUM_AGE_SECONDS,
            "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": queue}},
        }


def _if_given(parameter: str) -> Template:
    return {"Fn::If": [f"Has{parameter}", {"Ref": parameter}, {"Ref": "AWS::NoValue"}]}


def _complete_api(stage: Stage, properties: Template) -> None:
    # Chalice writes the type alone, which the transform takes no longer.
    properties["EndpointConfiguration"] = {"Type": properties["EndpointConfiguration"]}
    definition = properties["DefinitionBody"]
    definition["paths"] = shortened(definition["paths"])
    definition[RESPONSES] = gateway_responses(stage)
    properties["TracingEnabled"] = stage.traced
    # Said at all, it keeps the transform from making a second stage, named Stage.
    properties["OpenApiVersion"] = definition["swagger"]


def _bucket(stage: Stage) -> Template:
    rules = notification_rules(stage.prefix)
    named = {"Fn::Sub": "arn:${AWS::Partition}:s3:::${BucketName}"}
    return {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Condition": "MakesBucket",
            # S3 asks the functions whether the bucket may call them.
            "DependsOn": [_permission(stage.functions[rule.function]) for rule in rules],
            # What was published outlives the stack; the bucket of a stack that never came to be is in nobody's way.
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "BucketName": {"Ref": "BucketName"},
                "PublicAccessBlockConfiguration": PUBLIC_ACCESS_BLOCK,
                "OwnershipControls": {"Rules": [{"ObjectOwnership": OWNERSHIP}]},
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": ENCRYPTION}}
                    ]
                },
                "LifecycleConfiguration": {
                    "Rules": [_lifecycle_rule(rule) for rule in lifecycle_rules(stage.prefix)]
                },
                "NotificationConfiguration": {"LambdaConfigurations": list(_notifications(stage, rules))},
            },
        },
        "BucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Condition": "MakesBucket",
            # It goes on refusing what is not encrypted.
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": _substituted(
                    {"Version": "2012-10-17", "Statement": [tls_only(PLACE.bucket, PLACE.partition)]}
                ),
            },
        },
        **{
            _permission(function): {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": {"Ref": function.logical_id},
                    "Principal": "s3.amazonaws.com",
                    "SourceAccount": {"Ref": "AWS::AccountId"},
                    "SourceArn": named,
                },
            }
            for function in stage.bucket_functions
        },
    }


def _notifications(stage: Stage, rules: list[NotificationRule]) -> Iterator[Template]:
    for rule in rules:
        for event in rule.events:
            yield {
                "Event": event,
                "Function": {"Fn::GetAtt": [stage.functions[rule.function].logical_id, "Arn"]},
                "Filter": {
                    "S3Key": {
                        "Rules": [
                            {"Name": "prefix", "Value": rule.prefix},
                            {"Name": "suffix", "Value": rule.suffix},
                        ]
                    }
                },
            }


def _lifecycle_rule(rule: Mapping[str, Any]) -> Template:
    made = {"Id": rule["ID"], "Status": rule["Status"], "Prefix": rule["Filter"]["Prefix"]}
    if "Expiration" in rule:
        return {**made, "ExpirationInDays": rule["Expiration"]["Days"]}
    return {**made, "AbortIncompleteMultipartUpload": rule["AbortIncompleteMultipartUpload"]}


def _queues(stage: Stage) -> Template:
    return {
        _queue(function): {
            "Type": "AWS::SQS::Queue",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "QueueName": function.dead_letters,
                "MessageRetentionPeriod": DEAD_LETTER_SECONDS,
                "SqsManagedSseEnabled": True,
            },
        }
        for function in stage.events
    }


def _logs(stage: Stage) -> Template:
    return {
        _log_group(function): {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "LogGroupName": function.log_group,
                "RetentionInDays": stage.log_retention_days,
            },
        }
        for function in stage.functions.values()
    }


def _alarms(stage: Stage) -> Template:
    return {
        f"{''.join(part.capitalize() for part in _words(alarm.name))}Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": _alarm(alarm),
        }
        for alarm in alarms(stage)
    }


def _words(name: str) -> list[str]:
    return name.replace("_", "-").split("-")


def _alarm(alarm: Alarm) -> Template:
    statistic = "ExtendedStatistic" if alarm.is_percentile else "Statistic"
    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]}
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.meaning,
        "Namespace": alarm.namespace,
        "MetricName": alarm.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in alarm.dimensions.items()],
        statistic: alarm.statistic,
        "Period": PERIOD_SECONDS,
        "EvaluationPeriods": alarm.periods,
        "Threshold": alarm.threshold,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": topic,
        "OKActions": topic,
    }


def _permission(function: Function) -> str:
    return f"{function.logical_id}BucketPermission"


def _queue(function: Function) -> str:
    return f"{function.logical_id}DeadLetters"


def _log_group(function: Function) -> str:
    return f"{function.logical_id}Logs"


def _substituted(value: Any) -> Any:
    """Answer a value in which every text with a variable is one that CloudFormation fills in."""
    if isinstance(value, str):
        return {"Fn::Sub": value} if "${" in value else value
    if isinstance(value, Mapping):
        return {name: _substituted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_substituted(item) for item in value]
    return value


def to_json(template: Template) -> str:
    """Answer the text of a template; in one line where that saves most, as CloudFormation reads at most 1 MB."""
    return json.dumps(template, indent=1) + "\n"
