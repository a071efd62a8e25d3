"""From a setting to a storage."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from obstore.store import S3Store as S3Bucket

from dentalization.storage.errors import InvalidStorageAddress
from dentalization.storage.local import LocalStore
from dentalization.storage.port import ObjectStore, checked_key
from dentalization.storage.s3 import S3Store


def open_store(url_or_path: str) -> ObjectStore:
    """The storage in an absolute folder or at ``s3://bucket/prefix``; raises InvalidStorageAddress.

    Credentials, region and another provider's endpoint come from the customary AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION and AWS_ENDPOINT_URL. Nothing is contacted yet.
    """
    if "://" not in url_or_path:
        folder = Path(url_or_path)
        if not folder.is_absolute():
            raise InvalidStorageAddress(
                f"'{url_or_path}' is no storage: give an absolute folder, or an s3:// URL."
            )
        return LocalStore(folder)
    address = urlsplit(url_or_path)
    if (
        address.scheme != "s3"
        or not address.netloc
        or address.query
        or address.fragment
        or "@" in address.netloc
    ):
        raise InvalidStorageAddress
    prefix = address.path.strip("/")
    return S3Store(
        S3Bucket(
            address.netloc,
            prefix=checked_key(prefix) if prefix else None,
            client_options={
                # An endpoint that is written with http:// is meant so: a storage on the same machine.
                "allow_http": os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=30),
            },
            # Somebody is waiting: better a clear answer soon than ten retries in three minutes.
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=15)},
        )
    )
