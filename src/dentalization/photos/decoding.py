"""From untrusted bytes to upright pixels: formats, limits, colours and what the camera wrote beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

import pillow_heif
from PIL import Image, ImageCms
from PIL.ExifTags import IFD, Base
from PIL.Image import Transpose
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from dentalization.photos.errors import (
    AnimatedPicture,
    DamagedPicture,
    NotAPicture,
    PhotoRejected,
    TooManyPixels,
    TooSmall,
)

MAX_PIXELS = 50_000_000
MIN_SIDE = 64
"""Pixels."""

_STILL_HEIC = {b"heic", b"heix", b"heim", b"heis"}
_MOVING_HEIC = {b"hevc", b"hevx", b"msf1"}
_PNG_END = b"IEND\xae\x42\x60\x82"
"""The name and the checksum of the last chunk."""
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""What makes a picture upright, by its EXIF orientation."""


@dataclass(frozen=True)
class Decoded:
    image: Image.Image
    """Upright, 8-bit RGB in sRGB, without metadata."""
    source_format: str
    """JPEG, PNG, WEBP or HEIC."""
    taken_at: datetime | None
    """UTC; None when the camera did not write its offset from UTC."""


def decode(data: bytes) -> Decoded:
    """Decode one still picture; raises PhotoRejected."""
    source_format = _format(data)
    try:
        image = _OPENERS[source_format](data)
        image.load()
        exif = image.getexif()
        taken_at, turn = _taken_at(exif), _turn(exif)
        image = _to_rgb(image)
        if turn is not None:
            image = image.transpose(turn)
    except PhotoRejected:
        raise
    except Exception as error:
        # The decoders raise nearly every exception there is for damaged bytes, MemoryError among them.
        raise DamagedPicture from error
    image.info = {}
    return Decoded(image, source_format, taken_at)


def _format(data: bytes) -> str:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4]), 256)
        major, *others = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
        if major in _MOVING_HEIC:
            raise AnimatedPicture
        if _STILL_HEIC & {major, *others}:
            return "HEIC"
    raise NotAPicture


# The format's own class instead of Image.open: it reads the header alone, and neither PIL's global limit nor
# its table of formats, which other code may change, has a say.


def _open_jpeg(data: bytes) -> Image.Image:
    # Telephones put a depth or brightness map behind the photo: no other frame, and the photo comes first.
    image = JpegImageFile(BytesIO(data))
    _check_size(*image.size)
    return image


def _open_png(data: bytes) -> Image.Image:
    image = PngImageFile(BytesIO(data))
    _check_size(*image.size)
    if image.is_animated:
        raise AnimatedPicture
    # Decoding stops at the last pixel; this also sees wrong checksums and a missing end.
    PngImageFile(BytesIO(data)).verify()
    if _PNG_END not in data:
        raise DamagedPicture
    return image


def _open_webp(data: bytes) -> Image.Image:
    _check_size(*_webp_size(data))  # Before its decoder, which makes room for the whole canvas.
    image = WebPImageFile(BytesIO(data))
    if image.is_animated:
        raise AnimatedPicture
    return image


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the first chunk (RFC 9649, sections 2.5 to 2.7)."""
    if len(data) < 30:
        raise DamagedPicture
    chunk = data[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = int.from_bytes(data[26:28], "little"), int.from_bytes(data[28:30], "little")
        return width & 0x3FFF, height & 0x3FFF
    raise DamagedPicture


def _open_heic(data: bytes) -> Image.Image:
    file = pillow_heif.open_heif(data)
    _check_size(*file.size)
    if len(file) > 1:
        raise AnimatedPicture
    # HEIC turns its pixels by a property of its own: the decoder applies it, and resets what EXIF repeats.
    return file.to_pillow()


_OPENERS: dict[str, Callable[[bytes], Image.Image]] = {
    "JPEG": _open_jpeg,
    "PNG": _open_png,
    "WEBP": _open_webp,
    "HEIC": _open_heic,
}


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise TooManyPixels
    if min(width, height) < MIN_SIDE:
        raise TooSmall


def _to_rgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        # 16-bit samples; a plain conversion would cut at 255 instead of scaling.
        image = image.point(lambda value: value * (1 / 257)).convert("L")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image.getchannel("A"))
        image = flat
    elif image.mode not in {"L", "CMYK"}:
        image = image.convert("RGB")
    if profile:
        image = _to_srgb(image, profile)
    return image.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image  # A profile that is broken, or for other channels: as if there were none.
    return converted or image


def _turn(exif: Image.Exif) -> Transpose | None:
    orientation = exif.get(Base.Orientation)
    return _TURNS.get(orientation) if isinstance(orientation, int) else None


def _taken_at(exif: Image.Exif) -> datetime | None:
    details = exif.get_ifd(IFD.Exif)
    taken, offset = details.get(Base.DateTimeOriginal), details.get(Base.OffsetTimeOriginal)
    if not isinstance(taken, str) or not isinstance(offset, str):
        return None
    try:
        return datetime.strptime(taken + offset, "%Y:%m:%d %H:%M:%S%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
