"""IAM in small: what a call to S3 needs, and whether a policy allows it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

ALWAYS: Final = {"Sid", "Effect", "Action", "Resource"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call to S3 as the SDK made it; `source` is the key that is copied, `prefix` what is listed."""

    operation: str
    bucket: str
    key: str | None = None
    prefix: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """One permission that a call needs; `context` is what conditions are judged by."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource that a statement of a policy allows or denies."""

    sid: str
    effect: str
    action: str
    resource: str
    condition: Mapping[str, Mapping[str, Any]] = field(hash=False, compare=False)

    def covers(self, need: Need) -> bool:
        """Tell whether this speaks of what is needed."""
        return (
            matches(self.action.lower(), need.action.lower())
            and matches(self.resource, need.resource)
            and all(holds(operator, wanted, need) for operator, wanted in self.condition.items())
        )


ON_OBJECTS: Final = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "CopyObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "UploadPartCopy": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "ListParts": "s3:ListMultipartUploadParts",
    "DeleteObject": "s3:DeleteObject",
}
ON_BUCKETS: Final = {
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
}


def needs(call: Call) -> Iterator[Need]:
    """Answer the permissions that a call needs; raises KeyError for a call nobody has thought of."""
    bucket = f"arn:aws:s3:::{call.bucket}"
    if call.operation in ON_BUCKETS:
        context = () if call.prefix is None else (("s3:prefix", call.prefix),)
        yield Need(ON_BUCKETS[call.operation], bucket, context)
        return
    yield Need(ON_OBJECTS[call.operation], f"{bucket}/{call.key}")
    if call.source is not None:
        yield Need("s3:GetObject", f"{bucket}/{call.source}")
    read = call.key if call.operation in {"GetObject", "HeadObject"} else call.source
    if read is not None:
        # Whoever may not list the key is told 403 of an object that is missing, not 404. That the key is taken for
        # the prefix is what was observed, and nowhere documented.
        yield Need("s3:ListBucket", bucket, (("s3:prefix", read),))
        yield Need("s3:ListBucket", bucket)


def grants(policy: Mapping[str, Any]) -> Iterator[Grant]:
    """Answer everything a policy says, one action on one resource at a time; raises ValueError for what is not read."""
    for statement in policy["Statement"]:
        unread = set(statement) - ALWAYS - {"Condition"}
        if unread:
            raise ValueError(f"statements with {unread} are not read")
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                yield Grant(
                    statement["Sid"], statement["Effect"], action, resource, statement.get("Condition", {})
                )


def allowing(policy: Mapping[str, Any], need: Need) -> list[Grant]:
    """Answer what of a policy allows a need: nothing where anything denies it."""
    covering = [grant for grant in grants(policy) if grant.covers(need)]
    return [] if any(grant.effect == "Deny" for grant in covering) else covering


def holds(operator: str, wanted: Mapping[str, Any], need: Need) -> bool:
    """Tell whether a condition holds; raises ValueError for an operator that is not read."""
    context = dict(need.context)
    for key, values in wanted.items():
        told = context.get(key)
        match operator:
            case "StringEquals":
                held = told in listed(values)
            case "StringLike":
                held = told is not None and any(matches(value, told) for value in listed(values))
            case "StringLikeIfExists":
                held = told is None or any(matches(value, told) for value in listed(values))
            case "Null":
                held = (told is None) == (values == "true")
            case _:
                raise ValueError(f"conditions of {operator} are not read")
        if not held:
            return False
    return True


def matches(pattern: str, text: str) -> bool:
    """Tell whether a text is meant by a pattern, in which `*` is any characters and `?` one."""
    return _expression(pattern).fullmatch(text) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile(
        "".join(parts.get(character) or re.escape(character) for character in pattern), re.DOTALL
    )


def listed(value: Any) -> Sequence[Any]:
    """Answer a value that may stand alone as a list."""
    return value if isinstance(value, list) else [value]
