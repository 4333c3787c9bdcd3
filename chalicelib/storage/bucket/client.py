"""The SDK's client, configured so that what Prism relies on holds in every region and service."""

from typing import Any, Final

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from chalicelib.settings import S3Settings
from chalicelib.storage.bucket.signing import sign_steadily
from chalicelib.storage.bucket.timestamps import moment_of

POOL: Final = 50
CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 20


def connect(settings: S3Settings) -> Any:
    """Make the client of the bucket; nothing is sent yet.

    Every request and URL is signed with SigV4: in the oldest regions the SDK would presign with SigV2, which
    does not cover conditions. Services other than AWS get no checksums that they did not ask for.
    """
    checksums = "when_required" if settings.endpoint else "when_supported"
    # A bucket with dots in its name is no host that a wildcard certificate covers.
    path_style = settings.force_path_style or "." in settings.bucket
    config = Config(
        signature_version="s3v4",
        s3={
            "addressing_style": "path" if path_style else "virtual",
            "us_east_1_regional_endpoint": "regional",
        },
        # The SDK repeats nothing: it would not tell a repeat after a refusal, which wrote nothing, from one
        # after a lost answer, which may have.
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=POOL,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        tcp_keepalive=True,
        request_checksum_calculation=checksums,
        response_checksum_validation=checksums,
    )
    session = botocore.session.get_session()
    descriptions = Loader()
    # To be sure that there is an S3, the SDK would look through the folders of some four hundred services.
    descriptions.list_available_services = lambda _kind: ["s3"]
    session.register_component("data_loader", descriptions)
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=moment_of)
    client = session.create_client(
        "s3",
        region_name=settings.region,
        endpoint_url=settings.endpoint,
        aws_access_key_id=settings.access_key_id,
        aws_secret_access_key=settings.secret_access_key,
        config=config,
    )
    sign_steadily(client)
    return client
