from __future__ import annotations

import hashlib
import hmac
import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.vision.feedback_cases import at

from dentalization.dentistry.conditions import Condition
from dentalization.vision.coco import Truth, read_dataset
from dentalization.vision.errors import DatasetRefused
from dentalization.vision.feedback.export import ExportedCase, pseudonym, truths_of, write_coco

KEY = bytes(range(32))
SIZE = 48, 32


def encoded(kind: str = "PNG", *, seed: int = 1, size: tuple[int, int] = SIZE, **options: Any) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def case(number: int, truths: tuple[Truth, ...] = (), **fields: Any) -> ExportedCase:
    made = ExportedCase(
        picture=encoded(seed=number),
        content_type="image/png",
        width=SIZE[0],
        height=SIZE[1],
        truths=truths,
        pseudonym=pseudonym(KEY, "picture", f"photo-{number}"),
        group=pseudonym(KEY, "patient", f"patient-{number // 2}"),
    )
    return replace(made, **fields)


def box(left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
    return (left, top, min(left + width, SIZE[0]), min(top + height, SIZE[1]))


truths = st.builds(
    Truth,
    st.sampled_from(Condition),
    st.builds(box, st.floats(0, 40), st.floats(0, 30), st.floats(0.5, 40), st.floats(0.5, 30)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(truths, max_size=4), min_size=1, max_size=4))
def test_what_is_written_is_read_back(pictures: list[list[Truth]]) -> None:
    cases = {one.pseudonym: one for one in (case(n, tuple(boxes)) for n, boxes in enumerate(pictures))}
    with tempfile.TemporaryDirectory() as home:
        found = read_dataset(write_coco(cases.values(), Path(home) / "export"))
        assert [one.path.stem for one in found.samples] == sorted(cases)
        for sample in found.samples:
            given_case = cases[sample.path.stem]
            assert (sample.width, sample.height) == (given_case.width, given_case.height)
            assert [one.condition for one in sample.truths] == [one.condition for one in given_case.truths]
            for one, expected in zip(sample.truths, given_case.truths, strict=True):
                assert one.corners == pytest.approx(expected.corners, abs=1e-9)
            with Image.open(sample.path) as image, Image.open(io.BytesIO(given_case.picture)) as before:
                assert np.array_equal(np.asarray(image), np.asarray(before))
        used = {one.condition for boxes in pictures for one in boxes}
        assert found.conditions == tuple(one for one in Condition if one in used)


def test_a_pseudonym_is_a_keyed_hash_that_keeps_kinds_apart() -> None:
    expected = hmac.new(KEY, b"patient:c1", hashlib.sha256).hexdigest()
    assert pseudonym(KEY, "patient", "c1") == expected
    assert len({pseudonym(KEY, kind, "c1") for kind in ("patient", "picture")}) == 2
    assert pseudonym(KEY[::-1], "patient", "c1") != expected
    with pytest.raises(DatasetRefused, match="32 bytes"):
        pseudonym(KEY[:31], "patient", "c1")


def test_groups_are_kept_and_nothing_else_tells_who_or_when(tmp_path: Path) -> None:
    annotations = write_coco([case(number) for number in range(4)], tmp_path / "export")
    content = json.loads(annotations.read_text())
    assert set(content) == {"images", "categories", "annotations"}
    assert all(set(one) == {"id", "file_name", "width", "height", "group"} for one in content["images"])
    groups = {Path(one["file_name"]).stem: one["group"] for one in content["images"]}
    assert groups == {case(number).pseudonym: case(number).group for number in range(4)}
    assert len(set(groups.values())) == 2
    assert {one.name for one in annotations.parent.iterdir()} == {"annotations.json", "images"}


def test_the_order_of_cases_does_not_show(tmp_path: Path) -> None:
    cases = [case(number) for number in range(5)]
    one, other = write_coco(cases, tmp_path / "a"), write_coco(reversed(cases), tmp_path / "b")
    assert one.read_text() == other.read_text()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_a_file_says_beside_its_pixels_stays_behind(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "WHO-AND-WHEN"
    options: dict[str, Any] = {"exif": exif.tobytes(), "icc_profile": b"WHO-AND-WHEN" * 20}
    if kind == "JPEG":
        options["comment"] = b"WHO-AND-WHEN"
    told = encoded(kind, **options)
    assert b"WHO-AND-WHEN" in told
    export = tmp_path / "export"
    write_coco([case(1, picture=told, content_type=f"image/{kind.lower()}")], export)
    (path,) = (export / "images").iterdir()
    assert path.suffix == (".jpg" if kind == "JPEG" else ".png")
    assert b"WHO-AND-WHEN" not in path.read_bytes()
    with Image.open(path) as image:
        assert not image.getexif()
        assert "icc_profile" not in image.info
        assert "comment" not in image.info


def test_a_picture_on_its_side_is_turned_upright_as_its_boxes_are(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded("JPEG", size=(32, 48), exif=exif.tobytes())
    content = write_coco([case(1, picture=turned, content_type="image/jpeg")], tmp_path / "export")
    (sample,) = read_dataset(content).samples
    with Image.open(sample.path) as image:
        assert image.size == SIZE


def test_a_photo_of_a_camera_loses_next_to_nothing(tmp_path: Path, picture: bytes) -> None:
    photo = case(1, picture=picture, content_type="image/jpeg", width=512, height=384)
    (sample,) = read_dataset(write_coco([photo], tmp_path / "export")).samples
    with Image.open(sample.path) as image, Image.open(io.BytesIO(picture)) as before:
        difference = np.asarray(image, dtype=float) - np.asarray(before, dtype=float)
    assert np.abs(difference).mean() < 1.5


def test_a_box_that_reaches_over_the_edge_is_cut(tmp_path: Path) -> None:
    over = Truth(Condition.CARIES, (-5.0, 10.0, 20.0, 99.0))
    (sample,) = read_dataset(write_coco([case(1, (over,))], tmp_path / "export")).samples
    assert sample.truths[0].corners == (0.0, 10.0, 20.0, 32.0)


def test_dentists_boxes_become_truths() -> None:
    assert truths_of([at("caries", 2, 3)]) == (Truth(Condition.CARIES, (2, 3, 12, 13)),)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (case(2, pseudonym="c" + "0" * 24), "no pseudonym"),
        (case(2, pseudonym="../" + "0" * 61), "no pseudonym"),
        (case(2, pseudonym="0" * 64 + "c1"), "no pseudonym"),
        (case(2, pseudonym="c1" + "0" * 64), "no pseudonym"),
        (case(2, group="patient-1"), "no pseudonym"),
        (case(1), "twice"),
        (case(2, content_type="image/heic"), "image/heic"),
        (case(2, picture=encoded()[:200]), "cannot be read"),
        (case(2, width=32, height=48), "48 x 32"),
        (case(2, (Truth(Condition.CARIES, (50.0, 0.0, 60.0, 10.0)),)), "does not stand"),
        (case(2, (Truth(Condition.CARIES, (5.0, 5.0, 5.0, 10.0)),)), "does not stand"),
        (case(2, (Truth(Condition.CARIES, (0.0, float("nan"), 5.0, 10.0)),)), "does not stand"),
        (case(2, (Truth(Condition.CARIES, (0.0, 0.0, float("inf"), 10.0)),)), "does not stand"),
    ],
)
def test_one_bad_case_and_nothing_is_written(tmp_path: Path, bad: ExportedCase, says: str) -> None:
    with pytest.raises(DatasetRefused, match=says):
        write_coco([case(1), bad], tmp_path / "export")
    assert list(tmp_path.iterdir()) == []


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[ExportedCase]:
        yield case(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_coco(broken(), tmp_path / "export")
    assert list(tmp_path.iterdir()) == []


def test_an_export_of_nothing_or_onto_another_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetRefused, match="nothing to export"):
        write_coco([], tmp_path / "export")
    first = write_coco([case(1)], tmp_path / "export").read_bytes()
    with pytest.raises(DatasetRefused, match="there already"):
        write_coco([case(2)], tmp_path / "export")
    assert (tmp_path / "export" / "annotations.json").read_bytes() == first


def test_only_the_owner_can_look_at_an_export(tmp_path: Path) -> None:
    folder = write_coco([case(1)], tmp_path / "deep" / "export").parent
    assert folder.stat().st_mode & 0o077 == 0
