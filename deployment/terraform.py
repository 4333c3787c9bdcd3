"""The packaged Terraform configuration: Chalice's file, mended, and a second one with everything Chalice leaves out.

Chalice writes for Terraform before 1.4 and the AWS provider before 5. What later ones refuse is mended here: the stage
is a resource of its own, null data are gone, the versions are pinned to those in use.
"""

import copy
import json
from typing import Any, Final

from deployment.alarms import PERIOD_SECONDS, Alarm, alarms
from deployment.bucket import (
    ENCRYPTION,
    OWNERSHIP,
    lifecycle_rules,
    notification_rules,
    tls_only,
)
from deployment.cloudformation import (
    ADMIN_DIGEST,
    ALARM_TOPIC,
    BUCKET_NAME,
    BUCKET_PATTERN,
    DIGEST_PATTERN,
    REGISTRY_URL,
    RESPONSES,
    URL_PATTERN,
    UnexpectedTemplate,
)
from deployment.delivery import DEAD_LETTER_SECONDS, MAXIMUM_AGE_SECONDS, RETRIES
from deployment.paths import shortened
from deployment.policies import Place, policy
from deployment.problems import gateway_responses
from deployment.stage import API, Function, Stage

Configuration = dict[str, Any]

TERRAFORM: Final = ">= 1.5, < 2"
PROVIDER: Final = ">= 6.0, < 7"

PLACE: Final = Place(
    "${var.bucket_name}",
    "${data.aws_partition.chalice.partition}",
    "${data.aws_region.chalice.region}",
    "${data.aws_caller_identity.chalice.account_id}",
)
VARIABLES: Final = {
    "PRISM_S3_BUCKET": "bucket_name",
    "PRISM_ADMIN_TOKEN": "admin_token",
    "PRISM_REGISTRY_URL": "registry_url",
}
"""What the functions are told that may differ between two applications of a stage."""
API_RESOURCE: Final = "rest_api"
SWAGGER: Final = "chalice_api_swagger"


def mended(stage: Stage, configuration: Configuration) -> Configuration:
    """Answer Chalice's configuration of a stage as a present Terraform takes it, with the stage's own policies."""
    made = copy.deepcopy(configuration)
    resources = made["resource"]
    missing = set(stage.functions) - set(resources["aws_lambda_function"])
    if missing:
        raise UnexpectedTemplate(f"there is no {', '.join(sorted(missing))}; app.py must bind them")
    made["terraform"] = {
        "required_version": TERRAFORM,
        "required_providers": {"aws": {"source": "hashicorp/aws", "version": PROVIDER}},
    }
    del made["data"]["null_data_source"]
    for function in stage.functions.values():
        _mend_function(stage, function, resources)
    for function in stage.scheduled_functions:
        _mend_schedule(function, resources)
    _mend_api(stage, made)
    return made


def _mend_function(stage: Stage, function: Function, resources: Configuration) -> None:
    described = resources["aws_lambda_function"][function.name]
    variables = described["environment"]["variables"]
    for name, variable in VARIABLES.items():
        variables[name] = f"${{var.{variable}}}"
    described["reserved_concurrent_executions"] = f"${{var.{_limit(function)}}}"
    described["ephemeral_storage"] = {"size": function.storage}
    described["depends_on"] = [f"aws_cloudwatch_log_group.{function.name}"]
    role = resources["aws_iam_role_policy"][f"{function.name}_role"]
    role["policy"] = json.dumps(policy(stage, function, PLACE))


def _mend_schedule(function: Function, resources: Configuration) -> None:
    rule = resources.get("aws_cloudwatch_event_rule", {}).get(f"{function.name}-event")
    if rule is None:
        raise UnexpectedTemplate(f"nothing ever calls {function.name}; app.py must schedule it")
    # Chalice gives the rules of all stages one name, by which the second stage would take the first one's over.
    rule["name"] = function.schedule


def _mend_api(stage: Stage, made: Configuration) -> None:
    resources = made["resource"]
    swagger = json.loads(made["locals"][SWAGGER])
    swagger["paths"] = shortened(swagger["paths"])
    swagger[RESPONSES] = gateway_responses(stage)
    made["locals"][SWAGGER] = json.dumps(swagger)
    api = resources["aws_api_gateway_rest_api"][API_RESOURCE]
    if "minimum_compression_size" in api:
        # A text since the provider's version 5, because an empty one switches it off.
        api["minimum_compression_size"] = str(api["minimum_compression_size"])
    resources["aws_api_gateway_deployment"] = {
        API_RESOURCE: {
            "rest_api_id": _of_api("id"),
            # A change of the definition is served only once it is deployed again.
            "triggers": {"redeployment": f"${{sha1(local.{SWAGGER})}}"},
            "lifecycle": {"create_before_destroy": True},
        }
    }
    resources["aws_api_gateway_stage"] = {
        API_RESOURCE: {
            "rest_api_id": _of_api("id"),
            "deployment_id": f"${{aws_api_gateway_deployment.{API_RESOURCE}.id}}",
            "stage_name": stage.api_stage,
            "xray_tracing_enabled": stage.traced,
        }
    }
    made["output"]["EndpointURL"] = {"value": f"${{aws_api_gateway_stage.{API_RESOURCE}.invoke_url}}/"}


def _of_api(attribute: str) -> str:
    return f"${{aws_api_gateway_rest_api.{API_RESOURCE}.{attribute}}}"


def extras(stage: Stage) -> Configuration:
    """Answer what Chalice leaves out, as a file beside its own."""
    return {
        "variable": _variables(stage),
        "resource": {
            **_bucket(stage),
            "aws_lambda_permission": {
                f"{function.name}_bucket": {
                    "action": "lambda:InvokeFunction",
                    "function_name": _function(function, "function_name"),
                    "principal": "s3.amazonaws.com",
                    "source_account": PLACE.account,
                    "source_arn": "${aws_s3_bucket.registry.arn}",
                }
                for function in stage.bucket_functions
            },
            "aws_sqs_queue": {
                function.name: {
                    "name": function.dead_letters,
                    "message_retention_seconds": DEAD_LETTER_SECONDS,
                    "sqs_managed_sse_enabled": True,
                }
                for function in stage.events
            },
            "aws_lambda_function_event_invoke_config": {
                function.name: {
                    "function_name": _function(function, "function_name"),
                    "maximum_retry_attempts": RETRIES,
                    "maximum_event_age_in_seconds": MAXIMUM_AGE_SECONDS,
                    "destination_config": {
                        "on_failure": {"destination": f"${{aws_sqs_queue.{function.name}.arn}}"}
                    },
                    # Lambda asks whether the function may send to the queue.
                    "depends_on": [f"aws_iam_role_policy.{function.name}_role"],
                }
                for function in stage.events
            },
            "aws_cloudwatch_log_group": {
                function.name: {
                    "name": function.log_group,
                    "retention_in_days": stage.log_retention_days,
                }
                for function in stage.functions.values()
            },
            "aws_cloudwatch_metric_alarm": {alarm.name: _alarm(alarm) for alarm in alarms(stage)},
        },
        "output": {"BucketName": {"value": "${aws_s3_bucket.registry.bucket}"}},
    }


def _variables(stage: Stage) -> Configuration:
    return {
        "bucket_name": {
            "type": "string",
            "default": stage.bucket,
            "description": BUCKET_NAME,
            "validation": _matching("bucket_name", BUCKET_PATTERN, "no name of a bucket without dots"),
        },
        "admin_token": {
            "type": "string",
            "default": stage.admin_token,
            "description": ADMIN_DIGEST,
            "sensitive": True,
            "validation": _matching("admin_token", DIGEST_PATTERN, "not `sha256:` and 64 hex digits"),
        },
        "registry_url": {
            "type": "string",
            "default": stage.registry_url,
            "description": REGISTRY_URL,
            "validation": _matching("registry_url", URL_PATTERN, "no http or https address"),
        },
        "alarm_topic": {
            "type": "string",
            "default": "",
            "description": ALARM_TOPIC,
        },
        **{
            _limit(function): {
                "type": "number",
                "default": -1 if function.concurrency is None else function.concurrency,
                "description": f"The most {function.name} that may run at once; -1 for as many as the account allows",
            }
            for function in stage.functions.values()
        },
    }


def _matching(variable: str, pattern: str, complaint: str) -> Configuration:
    condition = f'${{can(regex("^{pattern}$", var.{variable}))}}'
    return {"condition": condition, "error_message": f"The value of {variable} is {complaint}."}


def _bucket(stage: Stage) -> Configuration:
    bucket = "${aws_s3_bucket.registry.id}"
    return {
        "aws_s3_bucket": {
            "registry": {
                "bucket": "${var.bucket_name}",
                "lifecycle": {"prevent_destroy": True},
            }
        },
        "aws_s3_bucket_public_access_block": {
            "registry": {
                "bucket": bucket,
                "block_public_acls": True,
                "ignore_public_acls": True,
                "block_public_policy": True,
                "restrict_public_buckets": True,
            }
        },
        "aws_s3_bucket_ownership_controls": {
            "registry": {"bucket": bucket, "rule": {"object_ownership": OWNERSHIP}}
        },
        "aws_s3_bucket_server_side_encryption_configuration": {
            "registry": {
                "bucket": bucket,
                "rule": {"apply_server_side_encryption_by_default": {"sse_algorithm": ENCRYPTION}},
            }
        },
        "aws_s3_bucket_policy": {
            "registry": {
                "bucket": bucket,
                "policy": json.dumps(
                    {"Version": "2012-10-17", "Statement": [tls_only(PLACE.bucket, PLACE.partition)]}
                ),
                "depends_on": ["aws_s3_bucket_public_access_block.registry"],
            }
        },
        "aws_s3_bucket_lifecycle_configuration": {
            "registry": {
                "bucket": bucket,
                "rule": [_lifecycle_rule(rule) for rule in lifecycle_rules(stage.prefix)],
            }
        },
        "aws_s3_bucket_notification": {
            "registry": {
                "bucket": bucket,
                "lambda_function": [
                    {
                        "id": rule.id,
                        "lambda_function_arn": _function(stage.functions[rule.function], "arn"),
                        "events": list(rule.events),
                        "filter_prefix": rule.prefix,
                        "filter_suffix": rule.suffix,
                    }
                    for rule in notification_rules(stage.prefix)
                ],
                # S3 asks the functions whether the bucket may call them.
                "depends_on": [
                    f"aws_lambda_permission.{function.name}_bucket" for function in stage.bucket_functions
                ],
            }
        },
    }


def _lifecycle_rule(rule: Configuration) -> Configuration:
    made = {
        "id": rule["ID"],
        "status": rule["Status"],
        "filter": {"prefix": rule["Filter"]["Prefix"]},
    }
    if "Expiration" in rule:
        return {**made, "expiration": {"days": rule["Expiration"]["Days"]}}
    days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
    return {**made, "abort_incomplete_multipart_upload": {"days_after_initiation": days}}


def _alarm(alarm: Alarm) -> Configuration:
    statistic = "extended_statistic" if alarm.is_percentile else "statistic"
    topic = '${var.alarm_topic == "" ? [] : [var.alarm_topic]}'
    return {
        "alarm_name": alarm.name,
        "alarm_description": alarm.meaning,
        "namespace": alarm.namespace,
        "metric_name": alarm.metric,
        "dimensions": alarm.dimensions,
        statistic: alarm.statistic,
        "period": PERIOD_SECONDS,
        "evaluation_periods": alarm.periods,
        "threshold": alarm.threshold,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        "treat_missing_data": "notBreaching",
        "alarm_actions": topic,
        "ok_actions": topic,
    }


def _function(function: Function, attribute: str) -> str:
    return f"${{aws_lambda_function.{function.name}.{attribute}}}"


def _limit(function: Function) -> str:
    return f"{'api' if function.name == API else function.name}_concurrency"


def to_json(configuration: Configuration) -> str:
    """Answer the text of a configuration."""
    return json.dumps(configuration, indent=1) + "\n"
