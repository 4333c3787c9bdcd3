"""Takes back what `finish` put in place, and says what is left."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from deployment.account import Account
from deployment.alarms import alarms
from deployment.bucket import release
from deployment.stage import Function, Stage


def unfinish(account: Account, stage: Stage) -> Iterator[str]:
    """Let the bucket call nobody, and take the alarms back; to be done while the functions are still there."""
    try:
        release(account.s3, stage.bucket, stage.prefix)
    except account.s3.exceptions.NoSuchBucket:
        yield f"{stage.bucket}: there is none"
    else:
        yield f"{stage.bucket}: announces and sweeps nothing any more"
    account.alarms.delete_alarms(AlarmNames=[alarm.name for alarm in alarms(stage)])
    yield "alarms: gone"


def leave(account: Account, stage: Stage, *, delete_data: bool) -> Iterator[str]:
    """Remove logs and queues, and with `delete_data` also what cannot be had again: letters, and the bucket."""
    for function in stage.functions.values():
        _delete_logs(account, function)
    yield "logs: gone"
    for function in stage.events:
        yield _delete_queue(account, function, delete_data=delete_data)
    if not delete_data:
        yield f"{stage.bucket}: left, with everything in it; --delete-data {stage.bucket} removes it"
    else:
        yield f"{stage.bucket}: {_delete_bucket(account.s3, stage.bucket, stage.prefix)}"


def _delete_logs(account: Account, function: Function) -> None:
    with suppress(account.logs.exceptions.ResourceNotFoundException):
        account.logs.delete_log_group(logGroupName=function.log_group)


def _delete_queue(account: Account, function: Function, *, delete_data: bool) -> str:
    queues, name = account.queues, function.dead_letters
    try:
        url = queues.get_queue_url(QueueName=name)["QueueUrl"]
    except queues.exceptions.QueueDoesNotExist:
        return f"{name}: there is none"
    wanted = ["ApproximateNumberOfMessages"]
    letters = int(queues.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"][wanted[0]])
    if letters and not delete_data:
        return f"{name}: left, with {letters} in it; --delete-data removes it"
    queues.delete_queue(QueueUrl=url)
    return f"{name}: gone"


def _delete_bucket(client: Any, bucket: str, prefix: str) -> str:
    """Delete what is below the prefix, and the bucket if nobody keeps anything else in it."""
    deleted = 0
    try:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
            if keys:
                answer = client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
                deleted += len(keys) - len(answer.get("Errors", []))
        for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix):
            for upload in page.get("Uploads", []):
                client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        client.delete_bucket(Bucket=bucket)
    except ClientError as error:
        known = error.response["Error"]["Code"]
        if known == "BucketNotEmpty":
            return f"left, without the {deleted} objects below `{prefix}`, as there are others in it"
        if known != "NoSuchBucket":
            raise
        return "there is none"
    return f"gone, with {deleted} objects"
