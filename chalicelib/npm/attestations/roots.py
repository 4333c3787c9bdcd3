"""Trusted roots in Sigstore's format: whose certificates, logs and timestamps count, and for which time."""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from cryptography.x509 import Certificate
from pydantic import Field, ValidationError

from chalicelib.domain.attestations import InvalidTrustedRoot
from chalicelib.npm.attestations.bundles import Chain, LogId, Part
from chalicelib.npm.attestations.encoding import Base64
from chalicelib.npm.attestations.keys import PublicKey, load_certificate, load_key

BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
END: Final = datetime.max.replace(tzinfo=UTC)


class Period(NamedTuple):
    """A time, both ends included."""

    start: datetime
    end: datetime

    def __contains__(self, moment: object) -> bool:
        return isinstance(moment, datetime) and self.start <= moment <= self.end


class Authority(NamedTuple):
    """A certificate authority: its certificates, the issuing one first, and when it is to be trusted."""

    certificates: tuple[Certificate, ...]
    period: Period


class Log(NamedTuple):
    """A log: its id, its address, its key, and when it is to be trusted."""

    log_id: bytes
    url: str
    key: PublicKey
    period: Period


class TrustedRoot(NamedTuple):
    """Everybody who is trusted."""

    authorities: tuple[Authority, ...]
    timestamp_authorities: tuple[Authority, ...]
    logs: tuple[Log, ...]
    certificate_logs: tuple[Log, ...]


class _ValidFor(Part):
    start: str | None = None
    end: str | None = None

    def period(self) -> Period:
        return Period(_moment(self.start) or BEGINNING, _moment(self.end) or END)


class _Key(Part):
    raw_bytes: Base64
    valid_for: _ValidFor = _ValidFor()


class _Log(Part):
    base_url: str = ""
    public_key: _Key
    log_id: LogId | None = None
    checkpoint_key_id: LogId | None = None

    def log(self) -> Log:
        named = self.checkpoint_key_id or self.log_id
        if named is None:
            raise ValueError("a log has no `logId`")
        key = self.public_key
        return Log(named.key_id, self.base_url, load_key(key.raw_bytes), key.valid_for.period())


class _Authority(Part):
    cert_chain: Chain
    valid_for: _ValidFor = _ValidFor()

    def authority(self) -> Authority:
        certificates = (load_certificate(each.raw_bytes) for each in self.cert_chain.certificates)
        return Authority(tuple(certificates), self.valid_for.period())


class _Root(Part):
    media_type: str = Field(
        pattern=r"^application/vnd\.dev\.sigstore\.trustedroot(\+json;version=|\.v)0\.[12](\+json)?$"
    )
    tlogs: list[_Log] = Field(default_factory=list, max_length=100)
    certificate_authorities: list[_Authority] = Field(min_length=1, max_length=100)
    ctlogs: list[_Log] = Field(default_factory=list, max_length=100)
    timestamp_authorities: list[_Authority] = Field(default_factory=list, max_length=100)


def parse_root(value: Any) -> TrustedRoot:
    """Read a trusted root from its JSON value; raises InvalidTrustedRoot."""
    try:
        root = _Root.model_validate(value)
        return TrustedRoot(
            tuple(each.authority() for each in root.certificate_authorities),
            tuple(each.authority() for each in root.timestamp_authorities),
            tuple(each.log() for each in root.tlogs),
            tuple(each.log() for each in root.ctlogs),
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:200]
        raise InvalidTrustedRoot(f"`{where}`: {first['msg']}") from None
    except (ValueError, OverflowError) as error:
        raise InvalidTrustedRoot(str(error)) from None


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    named = datetime.fromisoformat(text)
    return named.replace(tzinfo=UTC) if named.tzinfo is None else named
