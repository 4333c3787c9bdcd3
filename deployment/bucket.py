"""The bucket: what its lifecycle removes, whom it tells of new objects, and how both are put in place.

The rules are data, so that a template and an API call are made from the same ones. Versioning stays off: what
readers see is immutable, no function may delete it, and the delete markers that folding the index would leave
behind would slow down every listing of its tail.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

CREATED: Final = "s3:ObjectCreated:*"
DEFAULT_REGION: Final = "us-east-1"
"""The region in which a bucket is created without naming one."""

EXPIRY_DAYS: Final = {
    "staged": 14,
    "uploads": 90,
    "archives": 30,
    "rendered": 30,
    "probes": 1,
    "incoming": 30,
    "wishes": 35,
    "logins": 1,
}
"""How long an object below each of these keys may be left lying, in days; nothing else ever expires.

Staged bytes and uploads are left to the sweeper, which knows whether a job may need them again and until when files
are to be kept: they are removed here only where no sweeper runs. A wish stays for longer than what may be sent for it:
a day to send it in, two for its parts, and as long as it lies in `incoming`.
"""
UNFINISHED_UPLOAD_DAYS: Final = 2

PUBLIC_ACCESS_BLOCK: Final = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
ENCRYPTION: Final = "AES256"
OWNERSHIP: Final = "BucketOwnerEnforced"
TLS_ONLY: Final = "PrismTlsOnly"


class UnusableBucket(Exception):
    """There is a bucket of this name, and it cannot be a stage's."""


@dataclass(frozen=True, slots=True)
class NotificationRule:
    """Which function hears of which new objects; `prefix` and `suffix` are of the whole key."""

    function: str
    events: tuple[str, ...]
    prefix: str
    suffix: str

    @property
    def id(self) -> str:
        """The name under which the bucket keeps the rule; registries in one bucket have different ones."""
        return f"prism:{self.function}:{self.prefix}"

    @property
    def filter(self) -> dict[str, Any]:
        """The filter as S3's API writes it."""
        rules = [{"Name": "prefix", "Value": self.prefix}, {"Name": "suffix", "Value": self.suffix}]
        return {"Key": {"FilterRules": rules}}


def notification_rules(prefix: str) -> list[NotificationRule]:
    """Answer who hears of which new objects below a prefix (empty, or ending with a slash)."""
    return [
        NotificationRule("publish_uploads", (CREATED,), f"{prefix}incoming/", ".tgz"),
        NotificationRule("derive_packages", (CREATED,), f"{prefix}heads/", ".json"),
        NotificationRule("run_jobs", (CREATED,), f"{prefix}index/jobs/state/queued/", ".json"),
    ]


def lifecycle_rules(prefix: str) -> list[dict[str, Any]]:
    """Answer the lifecycle rules of a registry below a prefix, as S3's API writes them."""
    expiring = [
        {**_rule(f"{prefix}{room}/", f"expire-{room}"), "Expiration": {"Days": days}}
        for room, days in EXPIRY_DAYS.items()
    ]
    abort = {"DaysAfterInitiation": UNFINISHED_UPLOAD_DAYS}
    return [*expiring, {**_rule(prefix, "abort-uploads"), "AbortIncompleteMultipartUpload": abort}]


def _rule(prefix: str, purpose: str) -> dict[str, Any]:
    # The prefix of the key belongs to the rule's name, so that registries in one bucket do not share rules.
    return {"ID": f"prism:{purpose}:{prefix}", "Status": "Enabled", "Filter": {"Prefix": prefix}}


def tls_only(bucket: str, partition: str = "aws") -> dict[str, Any]:
    """Answer the statement by which a bucket refuses requests that are not encrypted."""
    arn = f"arn:{partition}:s3:::{bucket}"
    return {
        "Sid": TLS_ONLY,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def create_bucket(client: Any, name: str, region: str) -> bool:
    """Make a private, encrypted bucket, or make the one there is so; answers whether it was created.

    It takes requests over TLS alone, unless it was itself made without, as in an emulator. Raises UnusableBucket for
    one of somebody else, or in another region, from which no function could be called.
    """
    created = not _exists(client, name, region)
    if created:
        place = {} if region == DEFAULT_REGION else {"LocationConstraint": region}
        client.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))
    client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=PUBLIC_ACCESS_BLOCK)
    client.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": OWNERSHIP}]}
    )
    encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": ENCRYPTION}}
    client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [encryption]})
    if client.meta.endpoint_url.startswith("https:"):
        require_tls(client, name)
    return created


def require_tls(client: Any, bucket: str) -> None:
    """Have a bucket refuse requests without TLS, whatever else its policy says."""
    try:
        policy = json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
        policy = {"Version": "2012-10-17", "Statement": []}
    others = [statement for statement in policy["Statement"] if statement.get("Sid") != TLS_ONLY]
    partition = client.meta.partition
    policy["Statement"] = [*others, tls_only(bucket, partition)]
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def configure(client: Any, bucket: str, prefix: str, targets: Mapping[str, str]) -> None:
    """Put a registry's lifecycle and notifications in place, beside those that others have put there.

    `targets` names the ARN that hears in place of each function: a Lambda function's or an SQS queue's. The
    function or queue must already allow the bucket to reach it. Repeating it changes nothing.
    """
    put_lifecycle(client, bucket, lifecycle_rules(prefix), prefix)
    put_notifications(client, bucket, notification_rules(prefix), targets)


def release(client: Any, bucket: str, prefix: str) -> None:
    """Take a registry's lifecycle and notifications back, and leave those of others."""
    put_lifecycle(client, bucket, [], prefix)
    put_notifications(client, bucket, notification_rules(prefix), {})


def put_lifecycle(client: Any, bucket: str, rules: Iterable[Mapping[str, Any]], prefix: str) -> None:
    """Replace the lifecycle rules of the registry below a prefix by these, and keep those of others."""
    ours = {rule["ID"] for rule in lifecycle_rules(prefix)}
    present = _lifecycle(client, bucket)
    wanted = [*(rule for rule in present if rule.get("ID") not in ours), *rules]
    if wanted:
        client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": wanted})
    elif present:
        client.delete_bucket_lifecycle(Bucket=bucket)


def put_notifications(
    client: Any, bucket: str, rules: Iterable[NotificationRule], targets: Mapping[str, str]
) -> None:
    """Replace these notification rules by what their targets say, none where a function has no target."""
    rules = list(rules)
    ours = {rule.id for rule in rules}
    present = client.get_bucket_notification_configuration(Bucket=bucket)
    wanted = {kind: value for kind, value in present.items() if kind != "ResponseMetadata"}
    for kind in ("LambdaFunctionConfigurations", "QueueConfigurations"):
        others = [item for item in present.get(kind, []) if item.get("Id") not in ours]
        # S3 takes no two rules for the same objects: one like ours was left by another way of deploying.
        wanted[kind] = [item for item in others if not any(_is_like(item, rule) for rule in rules)]
    for rule in rules:
        if rule.function in targets:
            kind, target = _target(targets[rule.function])
            wanted[kind].append({"Id": rule.id, **target, "Events": list(rule.events), "Filter": rule.filter})
    client.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={kind: value for kind, value in wanted.items() if value}
    )


def _is_like(item: Mapping[str, Any], rule: NotificationRule) -> bool:
    """Tell whether a rule of a bucket hears of the new objects that ours hears of; S3 changes the case of names."""
    told = {
        part["Name"].lower(): part["Value"]
        for part in item.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    }
    creations = any(event.startswith("s3:ObjectCreated:") for event in item["Events"])
    return creations and told == {"prefix": rule.prefix, "suffix": rule.suffix}


def _target(arn: str) -> tuple[str, dict[str, str]]:
    service = arn.split(":")[2]
    if service == "lambda":
        return "LambdaFunctionConfigurations", {"LambdaFunctionArn": arn}
    if service == "sqs":
        return "QueueConfigurations", {"QueueArn": arn}
    raise ValueError(f"`{arn}` is neither a Lambda function nor an SQS queue")


def _exists(client: Any, name: str, region: str) -> bool:
    try:
        found = client.head_bucket(Bucket=name).get("BucketRegion", region)
    except ClientError as error:
        match error.response["ResponseMetadata"]["HTTPStatusCode"]:
            case 404:
                return False
            case 403:
                raise UnusableBucket(
                    f"bucket `{name}` is somebody else's, or these credentials may not see it; "
                    "bucket names are unique in all of AWS, so choose another in `.chalice/config.json`"
                ) from error
        raise
    if found != region:
        raise UnusableBucket(
            f"bucket `{name}` is in {found}, and calls functions there alone, not in {region}"
        )
    return True


def _lifecycle(client: Any, bucket: str) -> list[dict[str, Any]]:
    try:
        rules: list[dict[str, Any]] = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
            raise
        return []
    return rules
