"""What is sent elsewhere comes back as it was, or not at all."""

from __future__ import annotations

import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dentalization.ops.backup import folder as folders
from dentalization.ops.backup import manifest as manifests
from dentalization.ops.backup import upload
from dentalization.ops.backup.errors import BackupDamaged, NoSuchBackup
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.storage.local import LocalStore


def made(folder: Path, files: dict[str, bytes], objects: dict[str, bytes], moment: datetime) -> Manifest:
    """A backup with these files, as 'create' leaves it."""
    name = folders.name_of(moment)
    for path, data in {
        **{folder / name / key: value for key, value in files.items()},
        **{folder / "objects" / key: value for key, value in objects.items()},
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    sums = {key: manifests.sha256(folder / "objects" / key) for key in objects}
    found = Manifest(
        name, Format.CUSTOM, moment, 180000, "x", "o", "0/0", {"t": 1}, manifests.sums_of(folder / name), sums
    )
    manifests.write(folder / name, found)
    return found


NAMES = st.from_regex(r"[a-z0-9_]{1,8}(\.age)?", fullmatch=True)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(NAMES, st.binary(max_size=64), min_size=1, max_size=4), st.integers(1, 20))
async def test_every_file_comes_back_whatever_its_size_and_the_pieces(
    tmp_path: Path, files: dict[str, bytes], piece: int
) -> None:
    root = tmp_path / secrets.token_hex(4)
    moment = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    sent = made(root / "here", {**files, "base/1/PG_VERSION": b"18"}, {"photos/a/original": b"p"}, moment)
    store = LocalStore(root / "there")
    await upload.push(store, root / "here", sent, piece=piece)
    found = await upload.pull(store, root / "back", None)
    assert found == sent
    for name in sent.files:
        assert (root / "back" / sent.name / name).read_bytes() == (
            root / "here" / sent.name / name
        ).read_bytes()
    assert (root / "back" / "objects/photos/a/original").read_bytes() == b"p"


async def test_what_was_sent_half_is_no_backup_and_what_is_damaged_is_not_kept(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "there")
    first = made(tmp_path / "here", {"d.dump": b"x" * 100}, {}, datetime(2026, 1, 1, tzinfo=UTC))
    await upload.push(store, tmp_path / "here", first, piece=30)
    second = made(tmp_path / "here", {"d.dump": b"y" * 100}, {}, datetime(2026, 1, 2, tzinfo=UTC))
    await store.put(f"{second.name}/d.dump/000000", b"y" * 30, "")
    assert await upload.names(store) == [first.name]
    await store.put(f"{first.name}/d.dump/000001", b"z" * 30, "")
    with pytest.raises(BackupDamaged):
        await upload.pull(store, tmp_path / "back", first.name)
    assert folders.backups(tmp_path / "back") == []
    with pytest.raises(NoSuchBackup):
        await upload.pull(store, tmp_path / "back", second.name)


async def test_objects_are_sent_once_and_a_missing_one_is_told(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "there")
    objects = {"photos/a/original": b"a", "photos/b/original": b"b"}
    first = made(tmp_path / "here", {"d.dump": b"1"}, objects, datetime(2026, 1, 1, tzinfo=UTC))
    second = made(tmp_path / "here", {"d.dump": b"2"}, objects, datetime(2026, 1, 2, tzinfo=UTC))
    assert await upload.push(store, tmp_path / "here", first) == 4
    assert await upload.push(store, tmp_path / "here", second) == 2
    await upload.forget(store, [first.name])
    assert await upload.names(store) == [second.name]
    await store.delete("objects/photos/a/original")
    with pytest.raises(BackupDamaged, match="photos/a"):
        await upload.pull(store, tmp_path / "back", None)
    shutil.rmtree(tmp_path / "there")
    with pytest.raises(NoSuchBackup):
        await upload.pull(store, tmp_path / "back", None)
