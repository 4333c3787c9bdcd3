"""Settings come from the environment, and what is wrong is told with the variable's name."""

import re
from pathlib import Path

import pytest

from chalicelib import settings
from chalicelib.settings import InvalidSettings, Settings, UpstreamSettings

S3 = {"PRISM_STORAGE_DRIVER": "s3", "PRISM_S3_BUCKET": "b", "PRISM_S3_REGION": "eu-central-1"}
R2 = {
    "PRISM_STORAGE_DRIVER": "r2",
    "PRISM_R2_ACCOUNT_ID": "a",
    "PRISM_R2_BUCKET": "b",
    "PRISM_R2_ACCESS_KEY_ID": "k",
    "PRISM_R2_SECRET_ACCESS_KEY": "s",
}


def test_a_machine_keeps_everything_in_a_folder_and_lambda_in_a_bucket() -> None:
    assert Settings.from_env({}).storage_driver == "filesystem"
    on_lambda = Settings.from_env(
        {"AWS_LAMBDA_FUNCTION_NAME": "f", "PRISM_S3_BUCKET": "b", "AWS_REGION": "r"}
    )
    assert (on_lambda.storage_driver, on_lambda.s3 and on_lambda.s3.region) == ("s3", "r")


def test_a_prefix_ends_with_one_slash_and_may_be_empty() -> None:
    def prefix(**given: str) -> str:
        s3 = Settings.from_env(S3 | given).s3
        assert s3 is not None
        return s3.prefix

    assert prefix() == "prism/"
    assert prefix(PRISM_S3_PREFIX="/a/b/") == "a/b/"
    assert prefix(PRISM_S3_PREFIX="") == ""


def test_a_variable_that_is_called_like_a_setting_and_is_none_is_noticed() -> None:
    settings = Settings.from_env(
        {"PRISM_ACESS": "token", "PRISM_ACCESS": "open", "PRISM_TOKEN": "t", "PATH": "/"}
    )

    assert settings.unknown == ("PRISM_ACESS",)


def test_a_driver_of_ones_own_may_have_variables_of_its_own() -> None:
    given = {"PRISM_STORAGE_DRIVER": "my.store:Store", "PRISM_MY_STORE": "/mnt"}

    assert Settings.from_env(given).unknown == ()


def test_the_command_reads_what_the_registry_takes_for_the_commands() -> None:
    from chalicelib.cli import settings as command

    read = {command.REGISTRY_URL, command.TOKEN, command.PUBLISHER_NAME, command.PUBLISHER_EMAIL}
    # Where the registry is, both have to know.
    assert read == settings.COMMANDS_OWN | {"PRISM_REGISTRY_URL"}


def test_a_driver_of_ones_own_is_named_by_module_and_class() -> None:
    assert Settings.from_env({"PRISM_STORAGE_DRIVER": "my.store:Store"}).storage_driver == "my.store:Store"


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        pytest.param({"PRISM_STORAGE_DRIVER": "gcs"}, "PRISM_STORAGE_DRIVER", id="an unknown driver"),
        pytest.param(
            {"PRISM_ARTIFACT_DRIVER": "tape"}, "PRISM_ARTIFACT_DRIVER", id="an unknown artifact driver"
        ),
        pytest.param({"PRISM_STORAGE_DRIVER": "s3"}, "PRISM_S3_BUCKET", id="no bucket"),
        pytest.param(S3 | {"PRISM_S3_REGION": ""}, "PRISM_S3_REGION", id="no region"),
        pytest.param(
            S3 | {"PRISM_S3_ACCESS_KEY_ID": "k"}, "PRISM_S3_SECRET_ACCESS_KEY", id="half a credential"
        ),
        pytest.param(
            S3 | {"PRISM_S3_ENDPOINT": "minio"}, "PRISM_S3_ENDPOINT", id="an endpoint without scheme"
        ),
        pytest.param(S3 | {"PRISM_S3_FORCE_PATH_STYLE": "maybe"}, "PRISM_S3_FORCE_PATH_STYLE", id="no flag"),
        pytest.param(R2 | {"PRISM_R2_ACCOUNT_ID": ""}, "PRISM_R2_ACCOUNT_ID", id="no account"),
        pytest.param({"PRISM_FILES": "zip"}, "PRISM_FILES", id="an unknown mode"),
        pytest.param(
            {"PRISM_PUBLIC_BASE_URL": "/cdn"}, "PRISM_PUBLIC_BASE_URL", id="a base that is no address"
        ),
        pytest.param({"PRISM_ACCESS": "closed"}, "PRISM_ACCESS", id="an unknown way in"),
        pytest.param(
            {"PRISM_ACCESS": "open", "PRISM_STAGE": "prod"}, "PRISM_ACCESS", id="production open to all"
        ),
        pytest.param({"PRISM_STAGE": "prod"}, "PRISM_ACCESS", id="production open by default"),
        pytest.param({"LOG_LEVEL": "loud"}, "LOG_LEVEL", id="an unknown level"),
        pytest.param(
            S3 | {"PRISM_S3_PREFIX": "p" * 65}, "PRISM_S3_PREFIX", id="a prefix that leaves no room"
        ),
        pytest.param(
            {"PRISM_MAX_PATH_LENGTH": "513"}, "PRISM_MAX_PATH_LENGTH", id="paths that keys cannot hold"
        ),
        pytest.param({"PRISM_MAX_FILES": "-1"}, "PRISM_MAX_FILES", id="a limit below one"),
    ],
)
def test_what_is_missing_or_contradicts_is_told_by_name(environ: dict[str, str], variable: str) -> None:
    with pytest.raises(InvalidSettings, match=variable):
        Settings.from_env(environ)


def test_a_machine_is_open_and_lambda_asks_for_tokens_unless_told() -> None:
    on_lambda = {"AWS_LAMBDA_FUNCTION_NAME": "f", "PRISM_S3_BUCKET": "b", "AWS_REGION": "r"}

    assert Settings.from_env({}).access == "open"
    assert Settings.from_env(on_lambda).access == "token"
    assert Settings.from_env({"PRISM_ACCESS": "TOKEN"}).access == "token"
    assert Settings.from_env(on_lambda | {"PRISM_ACCESS": "open", "PRISM_STAGE": "dev"}).access == "open"


def test_tokens_may_be_asked_for_before_there_is_an_admin_token_in_the_settings() -> None:
    assert Settings.from_env({"PRISM_ACCESS": "token", "PRISM_STAGE": "prod"}).admin_token is None


@pytest.mark.parametrize(
    "token", ["a-token-that-is-long-enough", "sha256:" + "0aF" * 21 + "0", "A" * 20 + "=="]
)
def test_the_admin_token_is_given_by_its_text_or_its_digest(token: str) -> None:
    assert Settings.from_env({"PRISM_ADMIN_TOKEN": token}).admin_token == token


@pytest.mark.parametrize(
    "token",
    ["changeme", "a token with spaces in it", "sha256:" + "0" * 63, "sha256:not-a-digest", "é" * 30],
)
def test_an_admin_token_that_could_be_guessed_or_never_be_sent_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(InvalidSettings, match="PRISM_ADMIN_TOKEN") as refused:
        Settings.from_env({"PRISM_ADMIN_TOKEN": token})

    assert token not in str(refused.value)


def test_the_admin_token_does_not_show_in_a_representation() -> None:
    assert "long-enough" not in repr(Settings.from_env({"PRISM_ADMIN_TOKEN": "a-token-that-is-long-enough"}))


def test_secrets_do_not_show_in_a_representation() -> None:
    assert "'s'" not in repr(Settings.from_env(R2))


def test_every_variable_that_is_read_is_documented() -> None:
    source = Path(settings.__file__).read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)"|, "(PRISM_[A-Z0-9_]+)"\)', source))
    names = {name for pair in read for name in pair if name and not name.startswith("AWS_")}

    assert names == set(settings.VARIABLES)


def test_there_is_no_upstream_unless_one_is_set() -> None:
    assert Settings.from_env({}).upstream is None
    assert Settings.from_env({"PRISM_UPSTREAM_TOKEN": "t"}).upstream is None


def test_an_upstream_is_an_address_and_how_to_ask_it() -> None:
    given = {
        "PRISM_UPSTREAM_REGISTRY": "https://registry.example/npm/",
        "PRISM_UPSTREAM_TOKEN": "secret",
        "PRISM_UPSTREAM_TTL": "60",
        "PRISM_UPSTREAM_SECONDS": "120",
        "PRISM_OWN_PACKAGES": "@acme/*, left-* ,",
    }

    read = Settings.from_env(given)

    assert read.upstream == UpstreamSettings("https://registry.example/npm", "secret", 60, 120)
    assert read.own_packages == ("@acme/*", "left-*")
    assert "secret" not in repr(read)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://registry.example",
        "registry.example",
        "https://me:secret@registry.example",
        "https://registry.example?x=1",
    ],
)
def test_an_upstream_is_no_more_than_an_address(url: str) -> None:
    with pytest.raises(InvalidSettings, match="PRISM_UPSTREAM_REGISTRY"):
        Settings.from_env({"PRISM_UPSTREAM_REGISTRY": url})
