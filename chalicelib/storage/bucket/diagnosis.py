"""What may be wrong with a bucket: with reaching it, with its clock, and with how it is set up around the objects."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from chalicelib.storage.bucket.lifecycle import judge_lifecycle
from chalicelib.storage.bucket.notifications import unannounced
from chalicelib.storage.bucket.patience import NO_CREDENTIALS, code, status
from chalicelib.storage.diagnosis import Expectations, Finding, Status

FAILURES: Final = (ClientError, BotoCoreError)
NOTICED_SKEW: Final = 60
"""Seconds; the bucket's own answers are no more exact than one."""
REFUSED_SKEW: Final = 15 * 60
"""Seconds; S3 refuses what was signed by a clock further off."""

REFUSED: Final = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "TokenRefreshRequired"}
)
ELSEWHERE: Final = frozenset({"PermanentRedirect", "AuthorizationHeaderMalformed", "301"})
UNKNOWN_VERBS: Final = frozenset({"NotImplemented", "MethodNotAllowed", "501", "405"})


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The examination of one bucket; `variables` is what the names of its settings begin with, such as `PRISM_S3`."""

    client: Any
    bucket: str
    variables: str
    announces: bool = True
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def findings(self, expectations: Expectations) -> Iterator[Finding]:
        """Tell whether the bucket can be reached, then what of it is as expected."""
        try:
            # Without a prefix, as functions are allowed to; and not HEAD, whose refusals have no code.
            answer = self.client.list_objects_v2(Bucket=self.bucket, MaxKeys=1)
        except FAILURES as error:
            yield self._unreached(error)
            yield from self._clock(getattr(error, "response", {}))
            return
        yield Finding("credentials", "ok", "the bucket's service accepts the credentials")
        yield Finding(
            "bucket", "ok", f"the bucket `{self.bucket}` answers at {self.client.meta.endpoint_url}"
        )
        yield from self._clock(answer)
        yield self._notifications(expectations)
        yield self._lifecycle(expectations)

    def _unreached(self, error: Exception) -> Finding:
        known = code(error)
        if isinstance(error, NO_CREDENTIALS):
            return self._credentials("there are no credentials")
        if known in REFUSED:
            return self._credentials(f"the service refuses the credentials ({known})")
        if known == "RequestTimeTooSkewed":
            return Finding(
                "bucket", "failed", "the service refuses what this clock has signed", "correct the clock"
            )
        if status(error) in {401, 403}:
            fix = f"allow them s3:ListBucket on `{self.bucket}`, and to get, put and delete objects in it"
            return Finding("credentials", "failed", f"the credentials may not list the bucket ({known})", fix)
        return Finding("bucket", "failed", *self._missed(error, known))

    def _credentials(self, detail: str) -> Finding:
        fix = f"set {self.variables}_ACCESS_KEY_ID and {self.variables}_SECRET_ACCESS_KEY to a pair that is valid"
        return Finding("credentials", "failed", detail, f"{fix}, or give the function a role")

    def _missed(self, error: Exception, known: str) -> tuple[str, str]:
        if known == "NoSuchBucket":
            return f"there is no bucket `{self.bucket}`", f"create it, or correct {self.variables}_BUCKET"
        if isinstance(error, ParamValidationError):
            return f"`{self.bucket}` can be no bucket's name", f"correct {self.variables}_BUCKET"
        if known in ELSEWHERE:
            region = _region(error)
            where = (
                f"the bucket `{self.bucket}` is in {f'the region {region}' if region else 'another region'}"
            )
            return where, f"set {self.variables}_REGION to {region or 'its region'}"
        if known:
            fix = f"look up what {known} means there, and check {self.variables}_ENDPOINT and {self.variables}_BUCKET"
            return f"the service at {self.client.meta.endpoint_url} answers {known}", fix
        fix = f"check {self.variables}_ENDPOINT and {self.variables}_REGION, and whether the network lets functions out"
        return f"nothing answers at {self.client.meta.endpoint_url} ({type(error).__name__})", fix

    def _clock(self, answer: Mapping[str, Any]) -> Iterator[Finding]:
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        if date is None:
            return
        skew = (self.now() - parsedate_to_datetime(date).astimezone(UTC)).total_seconds()
        if abs(skew) <= NOTICED_SKEW:
            yield Finding(
                "clock", "ok", f"this clock and the bucket's are within {NOTICED_SKEW} s of each other"
            )
            return
        told = f"this clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the bucket's"
        off: Status = "failed" if abs(skew) > REFUSED_SKEW else "warning"
        yield Finding(
            "clock", off, told, f"correct the clock; S3 refuses requests {REFUSED_SKEW // 60} minutes off"
        )

    def _notifications(self, expectations: Expectations) -> Finding:
        if not self.announces:
            return Finding(
                "notifications", "ok", "not applicable: this service announces objects its own way"
            )
        try:
            found = self.client.get_bucket_notification_configuration(Bucket=self.bucket)
        except FAILURES as error:
            return self._untold("notifications", "s3:GetBucketNotification", error)
        missing = unannounced(found, expectations.announced)
        if not missing:
            return Finding(
                "notifications", "ok", "the functions hear of uploads, changed heads and queued jobs"
            )
        places = " and ".join(f"`{prefix}`" for prefix in missing)
        fix = f"let the bucket notify the functions of s3:ObjectCreated:* below {places}"
        return Finding("notifications", "warning", f"nobody hears of new objects below {places}", fix)

    def _lifecycle(self, expectations: Expectations) -> Finding:
        try:
            rules = self.client.get_bucket_lifecycle_configuration(Bucket=self.bucket).get("Rules", [])
        except FAILURES as error:
            if code(error) != "NoSuchLifecycleConfiguration":
                return self._untold("lifecycle", "s3:GetLifecycleConfiguration", error)
            rules = []
        return judge_lifecycle(rules, expectations)

    def _untold(self, name: str, permission: str, error: Exception) -> Finding:
        if code(error) in UNKNOWN_VERBS:
            fix = "look at the bucket with the tools of its service"
            return Finding(name, "warning", f"the service does not tell of its {name}", fix)
        if status(error) in {401, 403}:
            fix = f"allow the functions {permission} on the bucket"
            return Finding(name, "warning", f"the bucket's {name} may not be read", fix)
        fix = "ask again in a moment"
        return Finding(
            name, "warning", f"the bucket's {name} could not be read ({code(error) or error})", fix
        )


def _region(error: Exception) -> str | None:
    response = getattr(error, "response", {})
    told = response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("x-amz-bucket-region")
    named = told or response.get("Error", {}).get("Region")
    return str(named) if named else None
