"""The only reader of the environment: every setting, its variable and its default.

A missing or contradictory setting raises InvalidSettings with one sentence that names the variable.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

DRIVERS: Final = ("memory", "filesystem", "s3", "r2")
FILE_MODES: Final = ("pack", "objects")
MAX_PREFIX_BYTES: Final = 64
DEFAULT_REGISTRY_URL: Final = "http://localhost:8000"
DEFAULT_LEASE_SECONDS: Final = 60
DEFAULT_ATTEMPTS: Final = 5
DEFAULT_ARCHIVE_DAYS: Final = 7
MAX_ARCHIVE_DAYS: Final = 28
"""A bucket's lifecycle removes archives after 30 days, and none may go while it is downloaded."""
DEFAULT_ARCHIVE_BYTES: Final = 12 << 30
DEFAULT_UPSTREAM_TTL: Final = 300
DEFAULT_UPSTREAM_SECONDS: Final = 20
"""Less than the 29 seconds after which a gateway gives up."""
ACCESS_MODES: Final = ("open", "token")
METRICS: Final = ("emf", "off")
GUARDED_STAGES: Final = ("prod",)
"""Stages that never run open."""
LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
MIN_TOKEN_LENGTH: Final = 20
"""Characters; what is shorter can be guessed."""
_ADMIN_TOKEN: Final = re.compile(rf"(?i:sha256:[0-9a-f]{{64}})|[A-Za-z0-9._~+/-]{{{MIN_TOKEN_LENGTH},}}=*")

VARIABLES: Final = {
    "PRISM_STORAGE_DRIVER": "where everything is kept: `filesystem` (default on a machine), `memory`, `s3` (default on "
    "Lambda), `r2`, or `module:Class` for a driver of your own",
    "PRISM_ARTIFACT_DRIVER": "another driver for tarballs, files and metadata; default: the same",
    "STORAGE_ROOT": "the folder of the filesystem driver; default `storage`",
    "PRISM_S3_BUCKET": "the bucket of the s3 driver; required by it",
    "PRISM_S3_REGION": "the bucket's region; default `AWS_REGION`, otherwise required by the s3 driver",
    "PRISM_S3_ENDPOINT": "another S3 service's address, such as MinIO's",
    "PRISM_S3_PREFIX": "what all keys begin with; default `prism/`",
    "PRISM_S3_FORCE_PATH_STYLE": "`true` puts the bucket into the path instead of the host, as MinIO needs",
    "PRISM_S3_ACCESS_KEY_ID": "credentials, with the next one; default: the role's",
    "PRISM_S3_SECRET_ACCESS_KEY": "credentials, with the one before",
    "PRISM_R2_ACCOUNT_ID": "the Cloudflare account; required by the r2 driver",
    "PRISM_R2_BUCKET": "the bucket of the r2 driver; required by it",
    "PRISM_R2_ACCESS_KEY_ID": "credentials; required by the r2 driver",
    "PRISM_R2_SECRET_ACCESS_KEY": "credentials; required by the r2 driver",
    "PRISM_R2_PREFIX": "what all keys begin with; default `prism/`",
    "PRISM_R2_ENDPOINT": "another address than the account's own, such as a jurisdiction's",
    "PRISM_FILES": "`pack` (default) keeps a version's files in one object; `objects` also makes each an object of its "
    "own, for a CDN that points at the bucket",
    "PRISM_PUBLIC_BASE_URL": "what the URLs of files begin with; default: relative URLs",
    "PRISM_REGISTRY_URL": "the address by which npm's clients know the registry, without `/npm/`; packuments are "
    "rendered for it, and adapted for who comes by another; default `http://localhost:8000`, "
    "or the port that `serve.py` listens on",
    "PRISM_UPSTREAM_REGISTRY": "the registry behind this one, such as `https://registry.example/`: packages that "
    "are not this registry's own are fetched from it when they are first asked for, and kept; default: none",
    "PRISM_UPSTREAM_TOKEN": "a token for the upstream; sent to nobody else",
    "PRISM_UPSTREAM_TTL": "for how many seconds a packument of the upstream counts as fresh; default 300",
    "PRISM_UPSTREAM_SECONDS": "how many seconds fetching one thing from the upstream may take, all in all; default 20",
    "PRISM_OWN_PACKAGES": "patterns of the names that are this registry's own even before they are published, such as "
    "`@acme/*,left-*`; the upstream is never asked for them",
    "PRISM_ACCESS": "`open` lets everybody read and write (default on a machine); `token` asks for a token (default on "
    "Lambda)",
    "PRISM_ADMIN_TOKEN": "the first token with the scope `admin`: the token itself, or `sha256:` and its digest in hex",
    "PRISM_STAGE": "the name of the deployed stage; `prod` refuses to run open",
    "PRISM_METRICS": "`emf` writes CloudWatch's embedded metrics into the log (default on Lambda), `off` does not",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "where traces are sent, by OTLP over HTTP; default: nowhere",
    "PRISM_LEASE_SECONDS": "how long a worker that has fallen silent keeps its job; default 60",
    "PRISM_MAX_ATTEMPTS": "how many workers take a job up before it has failed; default 5",
    "PRISM_MAX_PAYLOAD": "the largest request body in bytes; default 268435456",
    "PRISM_MAX_UPLOAD_BYTES": "the largest upload in bytes; default 5497558138880, the largest object of a bucket",
    "PRISM_MAX_UNPACKED_SIZE": "the most bytes a package may unpack to; default 1073741824",
    "PRISM_MAX_FILES": "the most files a package may have; default 100000",
    "PRISM_MAX_PATH_LENGTH": "the longest path in a package; default 512",
    "PRISM_ARCHIVE_DAYS": "for how many days an archive of packages or files serves once it is made; default 7",
    "PRISM_MAX_ARCHIVE_BYTES": "the most bytes that the members of an archive may have; default 12884901888",
    "PRISM_MAX_RATIO": "how many times its own size a tarball may unpack to; default 200",
    "LOG_LEVEL": "`DEBUG`, `INFO` (default), `WARNING`, `ERROR` or `CRITICAL`",
}
"""Every variable that is read, and what it means; `AWS_*` variables are the platform's own."""

COMMANDS_OWN: Final = frozenset({"PRISM_TOKEN", "PRISM_PUBLISHER_NAME", "PRISM_PUBLISHER_EMAIL"})
"""What the `prism` command reads, which may share an environment with the registry."""


class InvalidSettings(Exception):
    """A setting is missing or contradicts another; the message names its variable."""


@dataclass(frozen=True, slots=True)
class S3Settings:
    """How the `s3` driver reaches its bucket; credentials come from the role when none are given."""

    bucket: str
    region: str
    prefix: str = "prism/"
    endpoint: str | None = None
    force_path_style: bool = False
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class R2Settings:
    """How the `r2` driver reaches its bucket."""

    account_id: str
    bucket: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    prefix: str = "prism/"
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class UpstreamSettings:
    """The registry behind this one; `ttl` and `seconds` as their variables say, `url` without a final slash."""

    url: str
    token: str | None = field(default=None, repr=False)
    ttl: int = DEFAULT_UPSTREAM_TTL
    seconds: int = DEFAULT_UPSTREAM_SECONDS


@dataclass(frozen=True, slots=True)
class Limits:
    """What a package may measure at most; sizes in bytes."""

    unpacked_size: int = 1 << 30
    file_count: int = 100_000
    path_length: int = 512
    ratio: int = 200
    payload: int = 256 << 20
    upload: int = 5 << 40


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be configured."""

    storage_driver: str = "filesystem"
    artifact_driver: str | None = None
    storage_root: Path = Path("storage")
    s3: S3Settings | None = None
    r2: R2Settings | None = None
    files: str = "pack"
    public_base_url: str | None = None
    registry_url: str = DEFAULT_REGISTRY_URL
    upstream: UpstreamSettings | None = None
    own_packages: tuple[str, ...] = ()
    access: str = "open"
    admin_token: str | None = field(default=None, repr=False)
    stage: str | None = None
    metrics: str = "off"
    traces_endpoint: str | None = None
    on_lambda: bool = False
    unknown: tuple[str, ...] = ()
    """Variables that are called like settings and are none: misspelt ones, as a rule."""
    log_level: str = "INFO"
    lease_seconds: int = DEFAULT_LEASE_SECONDS
    attempts: int = DEFAULT_ATTEMPTS
    archive_days: int = DEFAULT_ARCHIVE_DAYS
    max_archive_bytes: int = DEFAULT_ARCHIVE_BYTES
    limits: Limits = Limits()

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings; raises InvalidSettings."""
        env = _Reader(os.environ if environ is None else environ)
        on_lambda = env.text("AWS_LAMBDA_FUNCTION_NAME") is not None
        driver = env.driver("PRISM_STORAGE_DRIVER") or ("s3" if on_lambda else "filesystem")
        artifacts = env.driver("PRISM_ARTIFACT_DRIVER")
        used = {driver, artifacts}
        default = Limits()
        return cls(
            storage_driver=driver,
            artifact_driver=artifacts,
            storage_root=Path(env.text("STORAGE_ROOT") or "storage"),
            s3=_s3(env) if "s3" in used else None,
            r2=_r2(env) if "r2" in used else None,
            files=env.choice("PRISM_FILES", FILE_MODES, "pack"),
            public_base_url=env.url("PRISM_PUBLIC_BASE_URL"),
            registry_url=env.url("PRISM_REGISTRY_URL") or DEFAULT_REGISTRY_URL,
            upstream=_upstream(env),
            own_packages=env.texts("PRISM_OWN_PACKAGES"),
            access=_access(env, "token" if on_lambda else "open"),
            admin_token=_admin_token(env),
            stage=env.text("PRISM_STAGE"),
            metrics=env.choice("PRISM_METRICS", METRICS, "emf" if on_lambda else "off"),
            traces_endpoint=env.url("OTEL_EXPORTER_OTLP_ENDPOINT"),
            on_lambda=on_lambda,
            unknown=() if _has_own_driver(used) else env.unknown(),
            log_level=env.choice("LOG_LEVEL", LOG_LEVELS, "INFO", fold=str.upper),
            lease_seconds=env.number("PRISM_LEASE_SECONDS", DEFAULT_LEASE_SECONDS),
            attempts=env.number("PRISM_MAX_ATTEMPTS", DEFAULT_ATTEMPTS),
            archive_days=env.number("PRISM_ARCHIVE_DAYS", DEFAULT_ARCHIVE_DAYS, most=MAX_ARCHIVE_DAYS),
            max_archive_bytes=env.number("PRISM_MAX_ARCHIVE_BYTES", DEFAULT_ARCHIVE_BYTES),
            limits=Limits(
                unpacked_size=env.number("PRISM_MAX_UNPACKED_SIZE", default.unpacked_size),
                file_count=env.number("PRISM_MAX_FILES", default.file_count),
                path_length=env.number(
                    "PRISM_MAX_PATH_LENGTH", default.path_length, most=default.path_length
                ),
                ratio=env.number("PRISM_MAX_RATIO", default.ratio),
                payload=env.number("PRISM_MAX_PAYLOAD", default.payload),
                upload=env.number("PRISM_MAX_UPLOAD_BYTES", default.upload, most=default.upload),
            ),
        )


def _has_own_driver(drivers: set[str | None]) -> bool:
    """Tell whether somebody's own driver is used, which may have variables of its own."""
    return not drivers <= {*DRIVERS, None}


def _upstream(env: "_Reader") -> UpstreamSettings | None:
    url = env.url("PRISM_UPSTREAM_REGISTRY")
    if url is None:
        return None
    if urlsplit(url).username or urlsplit(url).query or urlsplit(url).fragment:
        raise InvalidSettings(
            "PRISM_UPSTREAM_REGISTRY is more than a host and a path; put credentials into PRISM_UPSTREAM_TOKEN"
        )
    return UpstreamSettings(
        url=url,
        token=env.text("PRISM_UPSTREAM_TOKEN"),
        ttl=env.number("PRISM_UPSTREAM_TTL", DEFAULT_UPSTREAM_TTL),
        seconds=env.number("PRISM_UPSTREAM_SECONDS", DEFAULT_UPSTREAM_SECONDS),
    )


def _access(env: "_Reader", default: str) -> str:
    access = env.choice("PRISM_ACCESS", ACCESS_MODES, default)
    stage = env.text("PRISM_STAGE")
    if access == "open" and stage in GUARDED_STAGES:
        raise InvalidSettings(f"PRISM_ACCESS is `open`, which the stage {stage} refuses; set it to `token`")
    return access


def _admin_token(env: "_Reader") -> str | None:
    token = env.text("PRISM_ADMIN_TOKEN")
    if token is None or _ADMIN_TOKEN.fullmatch(token):
        return token
    raise InvalidSettings(
        f"PRISM_ADMIN_TOKEN is neither `sha256:` and 64 hex digits nor a token of at least {MIN_TOKEN_LENGTH} "
        "characters out of A-Z a-z 0-9 - . _ ~ + /"
    )


def _s3(env: "_Reader") -> S3Settings:
    access_key_id, secret = env.pair("PRISM_S3_ACCESS_KEY_ID", "PRISM_S3_SECRET_ACCESS_KEY")
    return S3Settings(
        bucket=env.required("PRISM_S3_BUCKET", "the s3 driver keeps everything in it"),
        region=env.text("PRISM_S3_REGION")
        or env.text("AWS_REGION")
        or env.required("PRISM_S3_REGION", "the s3 driver signs requests for it"),
        prefix=env.prefix("PRISM_S3_PREFIX"),
        endpoint=env.url("PRISM_S3_ENDPOINT"),
        force_path_style=env.flag("PRISM_S3_FORCE_PATH_STYLE"),
        access_key_id=access_key_id,
        secret_access_key=secret,
    )


def _r2(env: "_Reader") -> R2Settings:
    why = "the r2 driver needs it"
    return R2Settings(
        account_id=env.required("PRISM_R2_ACCOUNT_ID", why),
        bucket=env.required("PRISM_R2_BUCKET", why),
        access_key_id=env.required("PRISM_R2_ACCESS_KEY_ID", why),
        secret_access_key=env.required("PRISM_R2_SECRET_ACCESS_KEY", why),
        prefix=env.prefix("PRISM_R2_PREFIX"),
        endpoint=env.url("PRISM_R2_ENDPOINT"),
    )


def port(environ: Mapping[str, str], name: str, default: int) -> int:
    """Read the port that a variable names, 0 for any free one; raises InvalidSettings."""
    text = environ.get(name, "").strip() or str(default)
    if not text.isascii() or not text.isdigit() or int(text) > 0xFFFF:
        raise InvalidSettings(f"{name} is `{text}`, which is not a number from 0 to 65535")
    return int(text)


class _Reader:
    """Reads typed values; an empty variable counts as absent."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def texts(self, name: str) -> tuple[str, ...]:
        parts = (part.strip() for part in (self.text(name) or "").split(","))
        return tuple(part for part in parts if part)

    def unknown(self) -> tuple[str, ...]:
        mine = (name for name in self._environ if name.startswith("PRISM_"))
        return tuple(sorted(name for name in mine if name not in VARIABLES and name not in COMMANDS_OWN))

    def required(self, name: str, why: str) -> str:
        value = self.text(name)
        if value is None:
            raise InvalidSettings(f"{name} is not set, and {why}")
        return value

    def pair(self, first: str, second: str) -> tuple[str | None, str | None]:
        values = self.text(first), self.text(second)
        if (values[0] is None) != (values[1] is None):
            missing = first if values[0] is None else second
            raise InvalidSettings(f"{missing} is not set, but its other half is; set both or neither")
        return values

    def choice(
        self, name: str, known: tuple[str, ...], default: str, fold: Callable[[str], str] = str.lower
    ) -> str:
        value = fold(self.text(name) or default)
        if value not in known:
            raise InvalidSettings(f"{name} is `{value}`, which is none of {', '.join(known)}")
        return value

    def driver(self, name: str) -> str | None:
        value = self.text(name)
        if value is None or ":" in value or value in DRIVERS:
            return value
        raise InvalidSettings(f"{name} is `{value}`, which is none of {', '.join(DRIVERS)}, module:Class")

    def flag(self, name: str) -> bool:
        value = (self.text(name) or "false").lower()
        if value not in {"true", "false", "1", "0", "yes", "no"}:
            raise InvalidSettings(f"{name} is `{value}`, which is neither true nor false")
        return value in {"true", "1", "yes"}

    def number(self, name: str, default: int, *, most: int | None = None) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or int(value) == 0:
            raise InvalidSettings(f"{name} is `{value}`, which is not a positive whole number")
        if most is not None and int(value) > most:
            raise InvalidSettings(f"{name} is `{value}`, and at most {most} is possible")
        return int(value)

    def url(self, name: str) -> str | None:
        value = self.text(name)
        if value is None:
            return None
        if urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc:
            raise InvalidSettings(f"{name} is `{value}`, which is not an http or https address")
        return value.rstrip("/")

    def prefix(self, name: str) -> str:
        value = self._environ.get(name)
        if value is None:
            return "prism/"
        stripped = value.strip().strip("/")
        if len(stripped.encode()) > MAX_PREFIX_BYTES:
            raise InvalidSettings(
                f"{name} is longer than {MAX_PREFIX_BYTES} bytes, and keys have room for no more"
            )
        return f"{stripped}/" if stripped else ""
