"""A safe picture from untrusted bytes: upright, re-encoded, and rid of all that came with the pixels."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from PIL import Image
from PIL.Image import Resampling

from dentalization.photos.decoding import Decoded, decode
from dentalization.photos.errors import DamagedPicture, PhotoRejected, TooLarge

MAX_BYTES = 10 * 1024 * 1024
THUMBNAIL_SIDE = 320
"""Longest side of a thumbnail, in pixels."""

WORKERS = 2
SECONDS = 30.0
"""How long one picture may take."""
MEMORY = 2 * 1024**3
"""Bytes of address space for one picture; 50 megapixels with transparency need 1.1 GiB."""

_log = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="picture")


@dataclass(frozen=True)
class Picture:
    """What is stored of a photo."""

    data: bytes
    """Upright, 8-bit RGB in sRGB, without metadata: PNG if it came so and stays small enough, or JPEG."""
    content_type: str
    width: int
    height: int
    """Pixels of ``data``."""
    sha256: str
    """Of ``data``, in hexadecimal."""
    thumbnail: bytes
    """WebP, as large as fits into 320 x 320 pixels, never enlarged."""
    source_format: str
    """JPEG, PNG, WEBP or HEIC."""
    taken_at: datetime | None
    """UTC; None unless the camera wrote the time with its offset from UTC."""


def normalise(data: bytes) -> Picture:
    """The picture in these bytes, by what they are and not by what they are called; raises PhotoRejected.

    The same bytes give the same picture. Decodes in this process: for bytes from outside there is
    normalise_isolated.
    """
    _check_length(data)
    decoded = decode(data)
    body, content_type = _encode(decoded)
    return Picture(
        data=body,
        content_type=content_type,
        width=decoded.image.width,
        height=decoded.image.height,
        sha256=hashlib.sha256(body).hexdigest(),
        thumbnail=_thumbnail(decoded.image),
        source_format=decoded.source_format,
        taken_at=decoded.taken_at,
    )


def _check_length(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise TooLarge


def _encode(decoded: Decoded) -> tuple[bytes, str]:
    if decoded.source_format == "PNG":
        # Radiographs come as PNG; nothing of them is lost.
        file = BytesIO()
        decoded.image.save(file, "PNG")
        if file.tell() <= MAX_BYTES:
            return file.getvalue(), "image/png"
    file = BytesIO()
    decoded.image.save(file, "JPEG", quality=92, subsampling="4:4:4")
    return file.getvalue(), "image/jpeg"


def _thumbnail(image: Image.Image) -> bytes:
    scale = min(1.0, THUMBNAIL_SIDE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    file = BytesIO()
    image.resize(size, Resampling.LANCZOS, reducing_gap=3.0).save(file, "WEBP", quality=80)
    return file.getvalue()


async def normalise_isolated(data: bytes, *, seconds: float = SECONDS, memory: int = MEMORY) -> Picture:
    """As normalise, in a process of its own for each picture, at most WORKERS at a time.

    A picture that crashes its decoder or goes past the limits costs that process alone, and is a
    DamagedPicture. The process gets none of our environment, where passwords are.
    """
    _check_length(data)
    return await asyncio.get_running_loop().run_in_executor(_threads, _in_process, data, seconds, memory)


def _in_process(data: bytes, seconds: float, memory: int) -> Picture:
    command = [sys.executable, "-P", "-m", "dentalization.photos.picture_worker", str(memory), str(seconds)]
    modules = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    try:
        answer = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=modules,
            timeout=seconds,
            check=True,
        )
        return from_wire(answer.stdout)
    except (subprocess.SubprocessError, ValueError, LookupError, TypeError) as error:
        _log.warning("A picture could not be decoded: %s", type(error).__name__)
        raise DamagedPicture from error


def to_wire(result: Picture | PhotoRejected) -> bytes:
    """A picture, or why there is none, as JSON and bytes. No pickle: who decodes it is not trusted."""
    if isinstance(result, PhotoRejected):
        return json.dumps({"rejected": result.code}).encode() + b"\n"
    facts = {
        "content_type": result.content_type,
        "width": result.width,
        "height": result.height,
        "source_format": result.source_format,
        "taken_at": result.taken_at and result.taken_at.isoformat(),
        "length": len(result.data),
    }
    return json.dumps(facts).encode() + b"\n" + result.data + result.thumbnail


def from_wire(wire: bytes) -> Picture:
    """The inverse of to_wire; raises what it was given to raise, and ValueError, LookupError or TypeError."""
    line, _, body = wire.partition(b"\n")
    facts = json.loads(line)
    if "rejected" in facts:
        raise {error.code: error for error in PhotoRejected.__subclasses__()}[facts["rejected"]]
    length = int(facts["length"])
    return Picture(
        data=body[:length],
        content_type=str(facts["content_type"]),
        width=int(facts["width"]),
        height=int(facts["height"]),
        sha256=hashlib.sha256(body[:length]).hexdigest(),
        thumbnail=body[length:],
        source_format=str(facts["source_format"]),
        taken_at=datetime.fromisoformat(facts["taken_at"]) if facts["taken_at"] else None,
    )
