"""Finishes what `chalice deploy` began: everything of a stage that Chalice has no setting for.

Every step may be repeated, and is, after each deploy: Chalice replaces the API's whole definition, and with it what
the gateway answers by itself.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import ClientError

from deployment.account import Account, Deployed
from deployment.alarms import PERIOD_SECONDS, Alarm, alarms
from deployment.bucket import configure
from deployment.delivery import DEAD_LETTER_SECONDS, MAXIMUM_AGE_SECONDS, RETRIES
from deployment.problems import gateway_responses
from deployment.stage import Function, Stage

STATEMENT: Final = "prism-bucket"
"""The name of the bucket's permission in a function's own policy."""

QUEUE_ATTRIBUTES: Final = {
    "MessageRetentionPeriod": str(DEAD_LETTER_SECONDS),
    "SqsManagedSseEnabled": "true",
}


def finish(account: Account, stage: Stage, deployed: Deployed, topic: str | None = None) -> Iterator[str]:
    """Finish a stage, and say of each step what it did; alarms go to the SNS topic of that ARN, if any."""
    for function in stage.events:
        queue = keep_dead_letters(account, function)
        yield f"{function.full_name}: gives up after {RETRIES + 1} attempts, to {queue.rpartition(':')[2]}"
        allow_bucket(account, stage, function, deployed)
    configure(account.s3, stage.bucket, stage.prefix, deployed.arns)
    yield f"{stage.bucket}: announces uploads and heads, and sweeps what may go"
    for function in stage.functions.values():
        keep_logs(account, function, stage.log_retention_days)
    yield f"logs: kept for {stage.log_retention_days} days"
    answer_like_the_registry(account, stage, deployed)
    yield f"{stage.app}: the gateway answers in the registry's shape"
    for alarm in alarms(stage):
        put_alarm(account, alarm, topic)
    yield f"alarms: {len(alarms(stage))}, sent to {topic or 'nobody'}"


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
    account.functions.put_function_event_invoke_config(
        FunctionName=function.full_name,
        MaximumRetryAttempts=RETRIES,
        MaximumEventAgeInSeconds=MAXIMUM_AGE_SECONDS,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    return arn


def allow_bucket(account: Account, stage: Stage, function: Function, deployed: Deployed) -> None:
    """Let the stage's bucket, and no other, call a function."""
    functions = account.functions
    partition = deployed.arns[function.name].split(":")[1]
    _gone(lambda: functions.remove_permission(FunctionName=function.full_name, StatementId=STATEMENT))
    functions.add_permission(
        FunctionName=function.full_name,
        StatementId=STATEMENT,
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceAccount=deployed.account_id,
        SourceArn=f"arn:{partition}:s3:::{stage.bucket}",
    )


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


def _gone(call: Callable[[], Any]) -> None:
    """Remove something that need not be there."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
