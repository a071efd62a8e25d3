from __future__ import annotations

import asyncio
import struct
import subprocess
import sys
import textwrap
import warnings
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile, JpegImagePlugin
from PIL.Image import Transpose
from PIL.PngImagePlugin import PngInfo

import dentalization
from dentalization.photos.errors import (
    AnimatedPicture,
    DamagedPicture,
    NotAPicture,
    PhotoRejected,
    TooLarge,
    TooManyPixels,
    TooSmall,
)
from dentalization.photos.pictures import MAX_BYTES, from_wire, normalise, normalise_isolated, to_wire

FORMATS = ["JPEG", "PNG", "WEBP", "HEIC"]
PLACE = b"Example Street 1, Jakarta"

STORED_FOR_ORIENTATION = {
    1: None,
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}
"""How a camera held that way lays an upright view down."""


def view(width: int = 120, height: int = 80) -> Image.Image:
    """Smooth, so that lossy formats keep it, and different in each corner."""
    rows, columns = np.mgrid[0:height, 0:width]
    pixels = np.stack([columns * 255 // width, rows * 255 // height, (rows + columns) % 64 + 60], axis=-1)
    return Image.fromarray(pixels.astype(np.uint8), "RGB")


def encode(image: Image.Image, name: str, **options: Any) -> bytes:
    file = BytesIO()
    if name == "HEIC":
        heif = pillow_heif.from_pillow(image)
        heif.save(file, quality=90, **options)
    else:
        image.save(file, name, **({"quality": 95} | options))
    return file.getvalue()


def camera_exif(
    orientation: int = 1, taken: str = "2026:03:01 08:30:00", offset: str | None = "+07:00"
) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = PLACE.decode()
    details = exif.get_ifd(0x8769)
    details[0x9003] = taken
    if offset is not None:
        details[0x9011] = offset
    exif.get_ifd(0x8825)[2] = (6.0, 10.0, 30.0)
    return exif.tobytes()


def pixels(data: bytes) -> np.ndarray[Any, np.dtype[np.int16]]:
    return np.asarray(Image.open(BytesIO(data)), dtype=np.int16)


def distance(data: bytes, image: Image.Image) -> float:
    """Mean difference of a channel, 0..255; infinite when the sizes differ."""
    one, other = pixels(data), np.asarray(image, dtype=np.int16)
    return float(np.abs(one - other).mean()) if one.shape == other.shape else float("inf")


@pytest.mark.parametrize("name", FORMATS)
def test_format(name: str) -> None:
    picture = normalise(encode(view(), name))
    assert picture.source_format == name
    assert picture.content_type == ("image/png" if name == "PNG" else "image/jpeg")
    assert (picture.width, picture.height) == Image.open(BytesIO(picture.data)).size == (120, 80)
    assert distance(picture.data, view()) < 4
    assert picture == normalise(encode(view(), name))


def test_png_is_kept_exactly_and_jpeg_with_full_colour() -> None:
    assert distance(normalise(encode(view(), "PNG")).data, view()) == 0
    jpeg = Image.open(BytesIO(normalise(encode(view(), "JPEG")).data))
    assert JpegImagePlugin.get_sampling(jpeg) == 0


@pytest.mark.parametrize(
    ("size", "thumbnail"), [((640, 480), (320, 240)), ((100, 70), (100, 70)), ((64, 12800), (2, 320))]
)
def test_thumbnail_fits_and_is_never_enlarged(size: tuple[int, int], thumbnail: tuple[int, int]) -> None:
    image = Image.open(BytesIO(normalise(encode(view(*size), "PNG")).thumbnail))
    assert (image.format, image.size) == ("WEBP", thumbnail)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(name: str, orientation: int) -> None:
    lay_down = STORED_FOR_ORIENTATION[orientation]
    stored = view() if lay_down is None else view().transpose(lay_down)
    picture = normalise(encode(stored, name, exif=camera_exif(orientation)))
    assert distance(picture.data, view()) < 4
    thumbnail = Image.open(BytesIO(picture.thumbnail)).convert("RGB")
    assert np.abs(np.asarray(thumbnail, np.int16) - np.asarray(view(), np.int16)).mean() < 6


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_that_came_with_the_pixels_is_left(name: str) -> None:
    options: dict[str, Any] = {"exif": camera_exif(), "icc_profile": profile()}
    if name == "JPEG":
        options["comment"] = PLACE
    if name == "PNG":
        text = PngInfo()
        text.add_text("Comment", PLACE.decode())
        text.add_itxt("XML:com.adobe.xmp", PLACE.decode())
        options["pnginfo"] = text
    if name in ("JPEG", "WEBP", "HEIC"):
        options["xmp"] = b"<x:xmpmeta>" + PLACE + b"</x:xmpmeta>"
    source = encode(view(), name, **options)
    assert PLACE in source
    picture = normalise(source)
    for data in (picture.data, picture.thumbnail):
        assert PLACE not in data
        image = Image.open(BytesIO(data))
        image.load()
        assert not dict(image.getexif())
        assert not image.info.keys() & {
            "exif",
            "xmp",
            "icc_profile",
            "comment",
            "Comment",
            "XML:com.adobe.xmp",
        }


@pytest.mark.parametrize("name", FORMATS)
def test_time_is_taken_from_the_camera(name: str) -> None:
    picture = normalise(encode(view(), name, exif=camera_exif()))
    assert picture.taken_at == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("taken", "offset"),
    [
        ("2026:03:01 08:30:00", None),
        ("2026:03:01 08:30:00", "somewhere"),
        ("0000:00:00 00:00:00", "+00:00"),
        ("0001:01:01 00:00:00", "+14:00"),
        ("yesterday", "+07:00"),
    ],
)
def test_time_that_is_not_certain_is_not_taken(taken: str, offset: str | None) -> None:
    assert normalise(encode(view(), "JPEG", exif=camera_exif(taken=taken, offset=offset))).taken_at is None


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def profile_with_red_and_blue_swapped() -> bytes:
    return profile().replace(b"rXYZ", b"xxxx").replace(b"bXYZ", b"rXYZ").replace(b"xxxx", b"bXYZ")


@pytest.mark.parametrize("name", FORMATS)
def test_colours_are_converted_by_their_profile(name: str) -> None:
    blue = encode(
        Image.new("RGB", (80, 80), (0, 0, 255)), name, icc_profile=profile_with_red_and_blue_swapped()
    )
    assert distance(normalise(blue).data, Image.new("RGB", (80, 80), (255, 0, 0))) < 6


@pytest.mark.parametrize("broken", [b"no profile", profile()[:200], profile().replace(b"RGB ", b"GRAY")])
def test_broken_profile_is_as_none(broken: bytes) -> None:
    assert distance(normalise(encode(view(), "PNG", icc_profile=broken)).data, view()) == 0


def test_png_that_would_grow_too_large_becomes_a_jpeg() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (3100, 3100), dtype=np.uint8)
    source = encode(Image.fromarray(noise), "PNG")
    assert len(source) <= MAX_BYTES
    picture = normalise(source)
    assert (picture.source_format, picture.content_type) == ("PNG", "image/jpeg")


def grey_16_bit() -> Image.Image:
    return Image.fromarray(np.full((80, 80), 40_000, dtype=np.uint16))


def transparent_palette() -> Image.Image:
    image = Image.new("P", (80, 80), 1)
    image.putpalette([0, 0, 0, 200, 0, 0])
    image.info["transparency"] = 1
    return image


@pytest.mark.parametrize(
    ("image", "name", "colour"),
    [
        (Image.new("L", (80, 80), 90), "JPEG", (90, 90, 90)),
        (Image.new("1", (80, 80), 1), "PNG", (255, 255, 255)),
        (Image.new("LA", (80, 80), (0, 0)), "PNG", (255, 255, 255)),
        (Image.new("RGBA", (80, 80), (0, 0, 200, 0)), "PNG", (255, 255, 255)),
        (Image.new("RGBA", (80, 80), (0, 0, 0, 128)), "WEBP", (127, 127, 127)),
        (Image.new("RGBA", (80, 80), (0, 0, 0, 0)), "HEIC", (255, 255, 255)),
        (Image.new("CMYK", (80, 80), (0, 255, 255, 0)), "JPEG", (255, 0, 0)),
        (transparent_palette(), "PNG", (255, 255, 255)),
        (grey_16_bit(), "PNG", (156, 156, 156)),
    ],
)
def test_every_kind_of_pixel_becomes_rgb(image: Image.Image, name: str, colour: tuple[int, int, int]) -> None:
    picture = normalise(encode(image, name))
    assert Image.open(BytesIO(picture.data)).mode == "RGB"
    assert distance(picture.data, Image.new("RGB", (80, 80), colour)) < 3


def test_photo_with_a_depth_map_behind_it_is_a_photo() -> None:
    data = encode(view(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 64))])
    assert Image.open(BytesIO(data)).format == "MPO"
    assert distance(normalise(data).data, view()) < 4


def two_heic() -> bytes:
    heif = pillow_heif.from_pillow(view())
    heif.add_from_pillow(view().transpose(Transpose.ROTATE_180))
    file = BytesIO()
    heif.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        encode(view(), "PNG", save_all=True, append_images=[Image.new("RGB", (120, 80))]),
        encode(view(), "WEBP", save_all=True, append_images=[Image.new("RGB", (120, 80))]),
        two_heic(),
        encode(view(), "HEIC").replace(b"ftypheic", b"ftyphevc"),
    ],
    ids=["png", "webp", "heic", "heic sequence"],
)
def test_several_pictures_in_one_file_are_refused(data: bytes) -> None:
    with pytest.raises(AnimatedPicture):
        normalise(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"GIF89a",
        encode(view(), "GIF"),
        encode(view(), "BMP"),
        encode(view(), "TIFF"),
        encode(view(), "AVIF"),
        b"<!doctype html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        b"%PDF-1.7\n",
        b"PK\x03\x04" + bytes(100),
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"\x00\x00\x00\x18ftypisom" + bytes(100),
        b"\x00\x00\x00\x08ftyp",
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        normalise(data)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", [(63, 500), (500, 63), (500, 1)])
def test_too_small(name: str, size: tuple[int, int]) -> None:
    with pytest.raises(TooSmall):
        normalise(encode(view(*size), name))


@pytest.mark.parametrize("name", FORMATS)
def test_smallest_that_is_large_enough(name: str) -> None:
    assert normalise(encode(view(64, 64), name)).width == 64


def test_ten_megabytes_are_taken_and_a_byte_more_is_not() -> None:
    jpeg = encode(view(), "JPEG")
    assert normalise(jpeg.ljust(MAX_BYTES, b"\x00")).width == 120
    with pytest.raises(TooLarge):
        normalise(jpeg.ljust(MAX_BYTES + 1, b"\x00"))


def png_of(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def jpeg_of(width: int, height: int) -> bytes:
    data = bytearray(encode(view(), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_of(kind: bytes, width: int, height: int) -> bytes:
    sizes = {
        b"VP8X": bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
        b"VP8L": b"\x2f" + (width - 1 | (height - 1) << 14).to_bytes(4, "little") + bytes(100),
        b"VP8 ": b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(100),
    }
    body = b"WEBP" + kind + struct.pack("<I", len(sizes[kind])) + sizes[kind]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def heic_of(width: int, height: int) -> bytes:
    return encode(view(), "HEIC").replace(struct.pack(">II", 120, 80), struct.pack(">II", width, height))


@pytest.mark.parametrize(
    "data",
    [
        png_of(60_000, 60_000),
        png_of(8_000, 6_251),
        jpeg_of(60_000, 60_000),
        jpeg_of(8_000, 6_251),
        webp_of(b"VP8X", 8_000, 6_251),
        webp_of(b"VP8X", 16_000, 16_000),
        webp_of(b"VP8L", 8_000, 6_251),
        webp_of(b"VP8 ", 8_000, 6_251),
        heic_of(8_000, 6_251),
    ],
)
def test_bomb_is_refused_by_its_header(data: bytes) -> None:
    assert len(data) < 20_000
    with pytest.raises(TooManyPixels):
        normalise(data)


def test_fifty_megapixels_are_not_too_many() -> None:
    with pytest.raises(DamagedPicture):
        normalise(png_of(8_000, 6_250))


SAMPLES = {name: encode(view(), name, exif=camera_exif(6)) for name in FORMATS}


@pytest.mark.parametrize("name", FORMATS)
def test_truncated_anywhere(name: str) -> None:
    data = SAMPLES[name]
    for end in [*range(0, len(data) - 60, 1 + len(data) // 400), *range(len(data) - 60, len(data))]:
        with pytest.raises((DamagedPicture, NotAPicture)):
            normalise(data[:end])


@given(st.integers(0, len(SAMPLES["PNG"]) - 1), st.integers(1, 255))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_changed_byte_of_a_png_is_always_noticed(at: int, change: int) -> None:
    data = bytearray(SAMPLES["PNG"])
    data[at] ^= change
    with pytest.raises(PhotoRejected):
        normalise(bytes(data))


@pytest.mark.filterwarnings("ignore:.*EXIF data|Tag data:UserWarning")
@pytest.mark.parametrize("name", FORMATS)
@given(st.data())
@settings(max_examples=120, deadline=None, derandomize=True)
def test_changed_bytes_give_a_picture_or_a_refusal(name: str, data: st.DataObject) -> None:
    changed = bytearray(SAMPLES[name])
    places = st.one_of(st.integers(0, 700), st.integers(0, len(changed) - 1))
    for at in data.draw(st.lists(places, min_size=1, max_size=4)):
        changed[min(at, len(changed) - 1)] = data.draw(st.integers(0, 255))
    try:
        picture = normalise(bytes(changed))
    except PhotoRejected:
        return
    assert Image.open(BytesIO(picture.data)).size == (picture.width, picture.height)


def test_no_setting_of_the_image_library_is_changed() -> None:
    before = (
        Image.MAX_IMAGE_PIXELS,
        ImageFile.LOAD_TRUNCATED_IMAGES,
        sorted(Image.OPEN),
        len(warnings.filters),
    )
    normalise(SAMPLES["HEIC"])
    with pytest.raises(TooManyPixels):
        normalise(png_of(60_000, 60_000))
    after = (
        Image.MAX_IMAGE_PIXELS,
        ImageFile.LOAD_TRUNCATED_IMAGES,
        sorted(Image.OPEN),
        len(warnings.filters),
    )
    assert before == after
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


REFUSALS: list[tuple[type[PhotoRejected], Callable[[], bytes]]] = [
    (TooLarge, lambda: bytes(MAX_BYTES + 1)),
    (TooManyPixels, lambda: png_of(60_000, 60_000)),
    (NotAPicture, lambda: b"<html>"),
    (DamagedPicture, lambda: SAMPLES["JPEG"][:-100]),
    (TooSmall, lambda: encode(view(500, 1), "PNG")),
    (AnimatedPicture, two_heic),
]


@pytest.mark.parametrize(("error", "make"), REFUSALS, ids=[error.code for error, _ in REFUSALS])
async def test_isolated_refusal_is_the_same(error: type[PhotoRejected], make: Callable[[], bytes]) -> None:
    with pytest.raises(error) as raised:
        await normalise_isolated(make())
    assert raised.value.message == error().message
    assert raised.value.code != PhotoRejected.code


@pytest.mark.parametrize("name", FORMATS)
async def test_isolated_picture_is_the_same(name: str) -> None:
    assert await normalise_isolated(SAMPLES[name]) == normalise(SAMPLES[name])


async def test_harm_stays_with_the_picture_that_does_it() -> None:
    large = encode(Image.new("RGB", (7000, 7000)), "PNG")
    outcomes = await asyncio.gather(
        normalise_isolated(SAMPLES["JPEG"], seconds=0.001),
        normalise_isolated(SAMPLES["JPEG"]),
        normalise_isolated(large, memory=200 * 1024**2),
        normalise_isolated(SAMPLES["JPEG"]),
        normalise_isolated(SAMPLES["JPEG"], memory=1024**2),
        normalise_isolated(SAMPLES["JPEG"]),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes[::2]] == [DamagedPicture] * 3
    assert list(outcomes[1::2]) == [normalise(SAMPLES["JPEG"])] * 3


async def test_isolated_process_gets_none_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")  # With this Python would not even start.
    assert (await normalise_isolated(SAMPLES["JPEG"])).source_format == "JPEG"


def test_limits_of_the_process() -> None:
    script = """
        import resource
        from dentalization.photos.picture_worker import limit
        limit(memory=10**9, seconds=2.5)
        names = ("AS", "CPU", "FSIZE", "CORE")
        print([resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names])
    """
    modules = {"PYTHONPATH": str(Path(dentalization.__file__).parents[1])}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    limits = subprocess.run(command, env=modules, capture_output=True, text=True, check=True).stdout
    assert limits == "[(1000000000, 1000000000), (3, 3), (0, 0), (0, 0)]\n"


@pytest.mark.parametrize("name", FORMATS)
def test_wire_is_its_own_inverse(name: str) -> None:
    for data in (SAMPLES[name], encode(view(), name)):
        assert from_wire(to_wire(normalise(data))) == normalise(data)


@given(st.binary(max_size=200))
def test_wire_never_brings_anything_but_a_picture(wire: bytes) -> None:
    with pytest.raises((ValueError, LookupError, TypeError, PhotoRejected)):
        from_wire(wire)
