"""The same tests for every storage: a folder, obstore's memory, and S3 over HTTP."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import resource
import stat
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore

from dentalization.storage.address import open_store
from dentalization.storage.errors import (
    InvalidKey,
    InvalidStorageAddress,
    ObjectMissing,
    StorageFull,
    StorageUnavailable,
)
from dentalization.storage.local import LocalStore
from dentalization.storage.port import ObjectStore, checked_key
from dentalization.storage.s3 import S3Store

BUCKET = "dental-photos"


class S3Handler(BaseHTTPRequestHandler):
    """As much of the S3 protocol as a bucket of small objects needs."""

    objects: ClassVar[dict[str, tuple[bytes, str]]] = {}
    requests: ClassVar[list[tuple[str, str, str]]] = []

    def answer(self, status: int, body: bytes = b"", content_type: str = "application/xml") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", content_type)
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def key(self) -> str:
        path = unquote(urlsplit(self.path).path)
        self.requests.append((self.command, path, self.headers.get("Authorization", "")))
        return path.removeprefix(f"/{BUCKET}").removeprefix("/")

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.objects[self.key()] = (body, self.headers["Content-Type"])
        self.answer(200)

    def do_GET(self) -> None:
        key = self.key()
        if not key:
            self.answer(200, self.listing(parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]))
        elif key in self.objects:
            self.answer(200, *self.objects[key])
        else:
            self.answer(404)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        """Delete many, and say which."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        keys = re.findall("<Key>(.*?)</Key>", body)
        for key in keys:
            self.objects.pop(key, None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self.answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())

    def listing(self, prefix: str) -> bytes:
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
            f'<ETag>"1"</ETag><Size>{len(body)}</Size></Contents>'
            for key, (body, _) in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>".encode()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base's name
        pass


@pytest.fixture
def s3_endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    S3Handler.objects.clear()
    S3Handler.requests.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), S3Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "EXAMPLEKEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example secret")
    yield endpoint
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["folder", "memory", "s3"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    if request.param == "folder":
        yield open_store(str(tmp_path / "objects"))
    elif request.param == "memory":
        yield S3Store(MemoryStore())
    else:
        request.getfixturevalue("s3_endpoint")
        yield open_store(f"s3://{BUCKET}/clinic/photos")


async def test_what_was_put_is_got(store: ObjectStore) -> None:
    for data in (b"", b"\x00\xff" * 100_000):
        await store.put("photos/c1/original", data, "image/jpeg")
        assert await store.get("photos/c1/original") == data


async def test_put_replaces(store: ObjectStore) -> None:
    await store.put("a", b"a longer first", "text/plain")
    await store.put("a", b"second", "text/plain")
    assert await store.get("a") == b"second"


async def test_missing(store: ObjectStore) -> None:
    await store.put("photos/c1", b"x", "image/jpeg")
    for key in ("nothing", "photos", "photos/c1/thumbnail"):
        assert not await store.exists(key)
        with pytest.raises(ObjectMissing):
            await store.get(key)
        await store.delete(key)
    assert await store.exists("photos/c1")


async def test_delete(store: ObjectStore) -> None:
    await store.put("a/b", b"x", "text/plain")
    await store.put("a/c", b"x", "text/plain")
    await store.delete("a/b")
    assert not await store.exists("a/b")
    assert await store.exists("a/c")


async def test_list_goes_by_whole_names(store: ObjectStore) -> None:
    assert await store.list() == []
    for key in ("a/b/d", "a/b/c", "a/bc", "a_/b", "z"):
        await store.put(key, b"x", "text/plain")
    assert await store.list() == ["a/b/c", "a/b/d", "a/bc", "a_/b", "z"]
    assert await store.list("a") == ["a/b/c", "a/b/d", "a/bc"]
    assert await store.list("a/b") == ["a/b/c", "a/b/d"]
    assert await store.list("z") == []
    assert await store.list("missing/entirely") == []


async def test_older_objects_are_told_from_younger_ones(store: ObjectStore) -> None:
    await store.put("a/b", b"", "text/plain")
    now = datetime.now(UTC)
    assert await store.list_older(now + timedelta(hours=1)) == ["a/b"]
    assert await store.list_older(now + timedelta(hours=1), "a") == ["a/b"]
    assert await store.list_older(now + timedelta(hours=1), "z") == []
    assert await store.list_older(datetime(2023, 1, 1, tzinfo=UTC)) == []


async def test_readers_never_see_a_part(store: ObjectStore) -> None:
    versions = [bytes([number]) * 200_000 for number in range(8)]
    await store.put("a", versions[0], "text/plain")

    async def read() -> None:
        for _ in range(10):
            assert await store.get("a") in versions

    await asyncio.gather(read(), read(), *(store.put("a", version, "text/plain") for version in versions))


BAD_KEYS = [
    "", "/", "/etc/passwd", "..", "../a", "a/../../b", "a//b", "a/", ".hidden", "a/.b", "-a", "a\\b",
    "a\x00b", "a b", "a\n", "ä", "C:/a", "a" * 129, "/".join(["a" * 100] * 6),
]  # fmt: skip


@pytest.mark.parametrize("key", BAD_KEYS)
async def test_key_that_could_lead_outside_is_refused(store: ObjectStore, key: str) -> None:
    with pytest.raises(InvalidKey):
        await store.put(key, b"x", "text/plain")
    with pytest.raises(InvalidKey):
        await store.get(key)
    with pytest.raises(InvalidKey):
        await store.delete(key)
    with pytest.raises(InvalidKey):
        await store.exists(key)
    if key:
        with pytest.raises(InvalidKey):
            await store.list(key)


@given(st.text(alphabet="a0_.-/\\ \n~%:", max_size=40))
def test_accepted_keys_stay_inside(key: str) -> None:
    try:
        checked_key(key)
    except InvalidKey:
        return
    folder = Path("/objects")
    path = Path(os.path.normpath(folder / key))
    assert folder in path.parents
    assert str(path.relative_to(folder)) == key


async def test_folder_and_files_are_closed_to_others(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "deep" / "objects")
    await store.put("photos/c1/original", b"x", "image/jpeg")
    below = [store.folder, *store.folder.rglob("*")]
    assert [stat.S_IMODE(path.stat().st_mode) for path in below] == [0o700, 0o700, 0o700, 0o600]


async def test_file_that_is_being_written_is_not_listed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    await store.put("a/b", b"x", "text/plain")
    (tmp_path / "a" / ".0123456789abcdef").write_bytes(b"left behind by a crash")
    assert await store.list() == ["a/b"]


async def test_folder_that_cannot_be_read_is_not_left_out(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    await store.put("a/b", b"x", "text/plain")
    (tmp_path / "a").chmod(0)
    try:
        if os.access(tmp_path / "a", os.R_OK):
            pytest.skip("root reads everything")
        with pytest.raises(StorageUnavailable):
            await store.list()
    finally:
        (tmp_path / "a").chmod(0o700)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_folder_cannot_hold_an_object_below_an_object(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    await store.put("a", b"x", "text/plain")
    await store.put("c/d", b"x", "text/plain")
    for key in ("a/b", "a/b/c", "c"):
        with pytest.raises(InvalidKey, match="begins with"):
            await store.put(key, b"x", "text/plain")
    assert await store.list() == ["a", "c/d"]
    assert names_in(tmp_path) == ["a", "c"]


@pytest.fixture
def no_file_over_1000_bytes() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_failed_write_leaves_the_old_bytes_and_no_remains(
    tmp_path: Path, no_file_over_1000_bytes: None
) -> None:
    store = LocalStore(tmp_path)
    await store.put("a", b"old", "text/plain")
    with pytest.raises(StorageUnavailable):
        await store.put("a", b"new" * 1000, "text/plain")
    assert await store.get("a") == b"old"
    assert names_in(tmp_path) == ["a"]


async def test_path_longer_than_the_system_allows_is_unavailable(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / ("x" * 300))
    with pytest.raises(StorageUnavailable) as raised:
        await store.put("a", b"x", "text/plain")
    cause = raised.value.__cause__
    assert isinstance(cause, OSError)
    assert cause.errno == errno.ENAMETOOLONG


async def test_s3_requests_are_signed_below_the_prefix_with_the_type(s3_endpoint: str) -> None:
    await open_store(f"s3://{BUCKET}/clinic/photos").put("c1/original", b"x", "image/webp")
    assert S3Handler.objects == {"clinic/photos/c1/original": (b"x", "image/webp")}
    method, path, authorization = S3Handler.requests[0]
    assert (method, path) == ("PUT", f"/{BUCKET}/clinic/photos/c1/original")
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=EXAMPLEKEY/")


async def test_unreachable_s3_is_unavailable(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    store = open_store(f"s3://{BUCKET}")
    with pytest.raises(StorageUnavailable):
        await store.get("a")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "photos",
        "./photos",
        "gs://bucket",
        "s3://",
        "s3://user@bucket",
        "s3://bucket?x=1",
        "https://example.com/b",
    ],
)
def test_address_of_no_storage_is_refused(address: str) -> None:
    with pytest.raises(InvalidStorageAddress):
        open_store(address)


def test_prefix_is_a_key() -> None:
    with pytest.raises(InvalidKey):
        open_store("s3://bucket/a/../b")


async def test_a_full_folder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit leaves nothing."""
    store = LocalStore(tmp_path / "objects")

    def no_room(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_room)
        with pytest.raises(StorageFull):
            await store.put("a", b"1", "image/jpeg")
    assert await store.list() == []
    assert [path for path in (tmp_path / "objects").iterdir() if path.is_file()] == []
