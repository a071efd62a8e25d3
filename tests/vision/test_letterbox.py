"""From a picture to the square that a model takes, and boxes back: exact to a hundredth of a pixel."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dentalization.vision.letterbox import content_box, letterbox, stretched
from dentalization.vision.picture import read_picture

sides = st.integers(1, 900)
SQUARE = 256


@given(
    width=sides, height=sides, corners=st.lists(st.floats(0, 1), min_size=4, max_size=4), fit=st.booleans()
)
@settings(deadline=None, max_examples=60)
def test_boxes_come_back_to_where_they_were(width: int, height: int, corners: list[float], fit: bool) -> None:
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    square, placing = (
        letterbox(picture, SQUARE, SQUARE, fill=114) if fit else stretched(picture, SQUARE, SQUARE)
    )
    assert square.shape == (SQUARE, SQUARE, 3)
    box = np.array([[corners[0] * width, corners[1] * height, corners[2] * width, corners[3] * height]])
    there = placing.onto(box.astype(np.float32))
    assert (there > -0.01).all()
    assert (there < SQUARE + 0.01).all()
    assert np.abs(placing.back(there) - box).max() < 0.01


@given(width=st.integers(16, 600), height=st.integers(16, 600))
@settings(deadline=None, max_examples=60)
def test_the_aspect_ratio_is_kept_to_half_a_pixel(width: int, height: int) -> None:
    _, placing = letterbox(np.zeros((height, width, 3), dtype=np.uint8), SQUARE, SQUARE, fill=114)
    factor = SQUARE / max(width, height)
    assert abs(placing.scale_x - factor) * width <= 0.5 + 1e-6
    assert abs(placing.scale_y - factor) * height <= 0.5 + 1e-6


@given(
    width=st.integers(40, 300),
    height=st.integers(40, 300),
    place=st.tuples(st.floats(0.1, 0.7), st.floats(0.1, 0.7)),
    orientation=st.integers(1, 8),
)
@settings(deadline=None, max_examples=60)
def test_a_spot_is_found_in_the_square_and_back_in_the_upright_photo(
    width: int, height: int, place: tuple[float, float], orientation: int
) -> None:
    """Whatever way the camera was held: the box is one of the photo as it is shown and stored."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    x, y = int(place[0] * width), int(place[1] * height)
    pixels[y : y + 10, x : x + 10] = 255
    image = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = io.BytesIO()
    image.save(data, "PNG", exif=exif)
    upright = read_picture(data.getvalue())
    square, placing = letterbox(upright, 640, 640, fill=0)
    ys, xs = np.nonzero(square[..., 0] > 127)
    found = placing.back(np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]], dtype=np.float32))[0]
    ys, xs = np.nonzero(upright[..., 0])
    wanted = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
    assert np.abs(found - wanted).max() <= 1.0


def test_a_border_of_one_colour_is_cut_off_and_the_boxes_know() -> None:
    picture = np.full((200, 300, 3), 255, dtype=np.uint8)
    picture[40:140, 60:220] = 30
    assert content_box(picture) == (60, 40, 220, 140)
    square, placing = letterbox(picture, 320, 320, fill=0, trim=True)
    assert (square[61:259] == 30).all()
    assert placing.back(np.array([[0, 60, 320, 260]], dtype=np.float32)).tolist() == [[60, 40, 220, 140]]


def test_what_is_no_border_stays() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (100, 120, 3)).astype(np.uint8)
    assert content_box(noise) == (0, 0, 120, 100)
    blank = np.full((50, 60, 3), 200, dtype=np.uint8)
    assert content_box(blank) == (0, 0, 60, 50)
    dot = blank.copy()
    dot[20:23, 20:23] = 0
    assert content_box(dot) == (0, 0, 60, 50)
