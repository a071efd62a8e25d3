"""What a document is, by its bytes: a picture is written anew, a PDF is looked at and left as it is."""

from __future__ import annotations

from dataclasses import dataclass

from dentalization.context import CleanPicture
from dentalization.profiles.errors import DamagedDocument, DocumentTooLarge, NotADocument
from dentalization.profiles.licence_tables import MOST_BYTES

PDF = "application/pdf"
_PDF_HEADERS = (b"%PDF-1.", b"%PDF-2.")
_PDF_END = b"%%EOF"
_END_WITHIN = 1024
"""Readers look for the end in so many last bytes (PDF Reference 1.7, appendix H, note 18)."""
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


@dataclass(frozen=True, slots=True)
class Document:
    data: bytes
    content_type: str


async def checked(data: bytes, *, clean_picture: CleanPicture) -> Document:
    """The document in these bytes, by what they are and not by what they are called.

    Raises DocumentTooLarge, NotADocument, DamagedDocument, and for a picture what ``clean_picture`` raises.
    """
    if len(data) > MOST_BYTES:
        raise DocumentTooLarge(field="file")
    if data.startswith(_PDF_HEADERS):
        if _PDF_END not in data[-_END_WITHIN:]:
            raise DamagedDocument(field="file")
        return Document(data, PDF)
    if not data.startswith(_PICTURES):
        raise NotADocument(field="file")
    picture = await clean_picture(data)
    if len(picture.data) > MOST_BYTES:  # written anew it may have grown
        raise DocumentTooLarge(field="file")
    return Document(picture.data, picture.content_type)


def headers(content_type: str, name: str) -> dict[str, str]:
    """For handing a document out: nothing in it may run here, and a PDF is saved, never shown."""
    shown = "attachment" if content_type == PDF else "inline"
    ending = content_type.rpartition("/")[2]
    return {
        "Content-Disposition": f'{shown}; filename="{name}.{ending}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
