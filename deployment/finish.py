"""Finishes what `chalice deploy` began: everything of a stage that Chalice has no setting for.

Every step may be repeated, and is, after each deploy: Chalice replaces the API's whole definition, and with it what
the gateway answers by itself.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from deployment.account import Account, Deployed
from deployment.alarms import PERIOD_SECONDS, Alarm, alarms
from deployment.bucket import configure
from deployment.delivery import DEAD_LETTER_SECONDS, MAXIMUM_AGE_SECONDS, RETRIES
from deployment.patience import patiently
from deployment.problems import gateway_responses
from deployment.stage import LEAST_STORAGE, Function, Stage

STATEMENT: Final = "prism-bucket"
"""The name of the bucket's permission in a function's own policy."""

QUEUE_ATTRIBUTES: Final = {
    "MessageRetentionPeriod": str(DEAD_LETTER_SECONDS),
    "SqsManagedSseEnabled": "true",
}


def finish(account: Account, stage: Stage, deployed: Deployed, topic: str | None = None) -> Iterator[str]:
    """Finish a stage, and say of each step what it did; alarms go to the SNS topic of that ARN, if any."""
    for function in stage.functions.values():
        keep_logs(account, function, stage.log_retention_days)
        give_storage(account, function)
    yield f"logs: kept for {stage.log_retention_days} days"
    for function in stage.events:
        queue = keep_dead_letters(account, function)
        yield f"{function.full_name}: gives up after {RETRIES + 1} attempts, to {queue.rpartition(':')[2]}"
    for function in stage.bucket_functions:
        allow_bucket(account, stage, function, deployed)
    patiently(
        lambda: configure(account.s3, stage.bucket, stage.prefix, deployed.arns),
        "Unable to validate the following destination",
    )
    yield f"{stage.bucket}: announces uploads, heads and queued jobs, and sweeps what may go"
    answer_like_the_registry(account, stage, deployed)
    yield f"{stage.app}: the gateway answers in the registry's shape"
    for alarm in alarms(stage):
        put_alarm(account, alarm, topic)
    yield f"alarms: {len(alarms(stage))}, sent to {topic or 'nobody'}"
    yield _told_of_address(stage, deployed)


def _told_of_address(stage: Stage, deployed: Deployed) -> str:
    """Say for which address packuments are rendered, or what to set so that they are rendered for one."""
    if stage.registry_url:
        return f"npm: packuments are rendered for {stage.registry_url}/npm/"
    address = deployed.url.rstrip("/")
    return f"npm: set PRISM_REGISTRY_URL to {address} (or to its domain) in .chalice/config.json, and deploy again"


def keep_dead_letters(account: Account, function: Function) -> str:
    """Have a function's given-up events kept; answers the queue's ARN."""
    queues = account.queues
    try:
        url = queues.get_queue_url(QueueName=function.dead_letters)["QueueUrl"]
        queues.set_queue_attributes(QueueUrl=url, Attributes=QUEUE_ATTRIBUTES)
    except queues.exceptions.QueueDoesNotExist:
        url = queues.create_queue(QueueName=function.dead_letters, Attributes=QUEUE_ATTRIBUTES)["QueueUrl"]
    found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn: str = found["Attributes"]["QueueArn"]
    patiently(
        lambda: account.functions.put_function_event_invoke_config(
            FunctionName=function.full_name,
            MaximumRetryAttempts=RETRIES,
            MaximumEventAgeInSeconds=MAXIMUM_AGE_SECONDS,
            DestinationConfig={"OnFailure": {"Destination": arn}},
        ),
        "does not have permissions to call SendMessage",
    )
    return arn


def allow_bucket(account: Account, stage: Stage, function: Function, deployed: Deployed) -> None:
    """Let the stage's bucket, and no other, call a function; one that may already is never shut out meanwhile."""
    functions = account.functions
    partition = deployed.arns[function.name].split(":")[1]
    bucket = f"arn:{partition}:s3:::{stage.bucket}"
    allowed = _allowed(account, function)
    if allowed == bucket:
        return
    if allowed is not None:
        functions.remove_permission(FunctionName=function.full_name, StatementId=STATEMENT)
    functions.add_permission(
        FunctionName=function.full_name,
        StatementId=STATEMENT,
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceAccount=deployed.account_id,
        SourceArn=bucket,
    )


def _allowed(account: Account, function: Function) -> str | None:
    """Answer the ARN of the bucket that may call a function, None for no bucket."""
    functions = account.functions
    try:
        policy = json.loads(functions.get_policy(FunctionName=function.full_name)["Policy"])
    except functions.exceptions.ResourceNotFoundException:
        return None
    for statement in policy["Statement"]:
        if statement["Sid"] == STATEMENT:
            return str(statement["Condition"]["ArnLike"]["AWS:SourceArn"])
    return None


def give_storage(account: Account, function: Function) -> None:
    """Give a function its room below /tmp, for which Chalice has no setting."""
    functions = account.functions
    found = functions.get_function_configuration(FunctionName=function.full_name)
    if found.get("EphemeralStorage", {}).get("Size", LEAST_STORAGE) != function.storage:
        functions.update_function_configuration(
            FunctionName=function.full_name, EphemeralStorage={"Size": function.storage}
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName=function.full_name)


def keep_logs(account: Account, function: Function, days: int) -> None:
    """Have a function's log kept for so many days."""
    logs = account.logs
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=function.log_group)
    logs.put_retention_policy(logGroupName=function.log_group, retentionInDays=days)


def answer_like_the_registry(account: Account, stage: Stage, deployed: Deployed) -> None:
    """Have the gateway's own answers look like the registry's, and deploy that."""
    for response, described in gateway_responses(stage).items():
        account.gateway.put_gateway_response(restApiId=deployed.api_id, responseType=response, **described)
    account.gateway.create_deployment(restApiId=deployed.api_id, stageName=stage.api_stage)


def put_alarm(account: Account, alarm: Alarm, topic: str | None) -> None:
    """Put an alarm in place."""
    statistic = "ExtendedStatistic" if alarm.is_percentile else "Statistic"
    actions = [topic] if topic else []
    account.alarms.put_metric_alarm(
        AlarmName=alarm.name,
        AlarmDescription=alarm.meaning,
        Namespace=alarm.namespace,
        MetricName=alarm.metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in alarm.dimensions.items()],
        Period=PERIOD_SECONDS,
        EvaluationPeriods=alarm.periods,
        Threshold=alarm.threshold,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=actions,
        OKActions=actions,
        **{statistic: alarm.statistic},
    )
