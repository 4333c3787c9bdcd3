"""The contract with back doors into a bucket of the emulator."""

from collections.abc import Iterable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from chalicelib.storage.port import ObjectStore
from chalicelib.storage.s3 import S3Store
from chalicelib.storage.testing import ObjectStoreContract


class BucketContract(ObjectStoreContract):
    """What the S3 and R2 drivers' tests share."""

    # The emulator's server judges conditions without a lock: of 490 races for one key, one had two winners.
    races = False
    presigns = True

    @pytest.fixture(autouse=True)
    def _keep_back_doors(self, direct: Any, s3_endpoint: str) -> None:
        self.direct = direct
        self.address = urlsplit(s3_endpoint).netloc

    def peek(self, store: ObjectStore, key: str) -> bytes | None:
        assert isinstance(store, S3Store)
        try:
            answer = self.direct.get_object(Bucket=store.bucket, Key=key)
        except self.direct.exceptions.NoSuchKey:
            return None
        with answer["Body"] as body:
            return bytes(body.read())

    def plant(self, store: ObjectStore, key: str, data: bytes) -> None:
        assert isinstance(store, S3Store)
        self.direct.put_object(Bucket=store.bucket, Key=key, Body=data)

    def plant_all(self, store: ObjectStore, keys: Iterable[str]) -> None:
        """Plant over one connection without the SDK, which takes half the time."""
        assert isinstance(store, S3Store)
        credential = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request"
        connection = HTTPConnection(self.address)
        try:
            for key in keys:
                target = f"/{store.bucket}/{quote(key)}"
                connection.request("PUT", target, key.encode(), {"Authorization": credential})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
        finally:
            connection.close()
