"""Tooth notation (FDI, Universal, Palmer) and names of teeth.

A tooth is its FDI number as text (ISO 3950): the first digit is the quadrant, seen from the patient, the
second counts from the midline. Quadrants 1 to 4 are permanent, 5 to 8 deciduous: upper right, upper left,
lower left, lower right.
"""

from __future__ import annotations

from enum import StrEnum

from dentalization.errors import InvalidInput

PERMANENT = tuple(f"{quadrant}{place}" for quadrant in range(1, 5) for place in range(1, 9))
DECIDUOUS = tuple(f"{quadrant}{place}" for quadrant in range(5, 9) for place in range(1, 6))
TEETH = frozenset(PERMANENT + DECIDUOUS)


class Surface(StrEnum):
    """A side of a crown; labial and incisal belong to front teeth, buccal and occlusal to back teeth."""

    MESIAL = "mesial"
    DISTAL = "distal"
    OCCLUSAL = "occlusal"
    INCISAL = "incisal"
    BUCCAL = "buccal"
    LABIAL = "labial"
    LINGUAL = "lingual"
    PALATAL = "palatal"


def _arch(right: int, left: int, count: int) -> list[str]:
    """One arch from its end in the quadrant `right` over the midline to its end in the quadrant `left`."""
    return [f"{right}{n}" for n in range(count, 0, -1)] + [f"{left}{n}" for n in range(1, count + 1)]


# Universal runs from the upper right along the upper arch, then back along the lower arch.
_UNIVERSAL = dict(
    zip(
        _arch(1, 2, 8) + _arch(3, 4, 8) + _arch(5, 6, 5) + _arch(7, 8, 5),
        [str(number) for number in range(1, 33)] + list("ABCDEFGHIJKLMNOPQRST"),
        strict=True,
    )
)
_FDI_OF_UNIVERSAL = {universal: fdi for fdi, universal in _UNIVERSAL.items()}

_QUADRANTS = ("UR", "UL", "LL", "LR")
_PALMER = {
    **{fdi: _QUADRANTS[int(fdi[0]) - 1] + fdi[1] for fdi in PERMANENT},
    **{fdi: _QUADRANTS[int(fdi[0]) - 5] + "ABCDE"[int(fdi[1]) - 1] for fdi in DECIDUOUS},
}
_FDI_OF_PALMER = {palmer: fdi for fdi, palmer in _PALMER.items()}

_PLACES_EN = ("upper right", "upper left", "lower left", "lower right")
_PLACES_ID = ("kanan atas", "kiri atas", "kiri bawah", "kanan bawah")
_PERMANENT_EN = (
    "central incisor", "lateral incisor", "canine", "first premolar", "second premolar",
    "first molar", "second molar", "third molar",
)  # fmt: skip
_DECIDUOUS_EN = ("central incisor", "lateral incisor", "canine", "first molar", "second molar")
_PERMANENT_ID = (
    "gigi seri tengah", "gigi seri samping", "gigi taring", "gigi geraham kecil pertama",
    "gigi geraham kecil kedua", "gigi geraham besar pertama", "gigi geraham besar kedua",
    "gigi geraham bungsu",
)  # fmt: skip
_DECIDUOUS_ID = (
    "gigi seri tengah susu", "gigi seri samping susu", "gigi taring susu",
    "gigi geraham susu pertama", "gigi geraham susu kedua",
)  # fmt: skip


def known(fdi: str) -> str:
    """`fdi` itself; raises InvalidInput when there is no such tooth."""
    if fdi not in TEETH:
        raise InvalidInput(
            f"{fdi!r} is no tooth in FDI notation; expected 11 to 48 or 51 to 85.", field="tooth"
        )
    return fdi


def is_deciduous(fdi: str) -> bool:
    return known(fdi)[0] in "5678"


def to_universal(fdi: str) -> str:
    """Universal notation: 1 to 32 for permanent teeth, A to T for deciduous ones."""
    return _UNIVERSAL[known(fdi)]


def from_universal(universal: str) -> str:
    """FDI of a Universal number; raises InvalidInput."""
    if universal not in _FDI_OF_UNIVERSAL:
        raise InvalidInput(
            f"{universal!r} is no tooth in Universal notation; expected 1 to 32 or A to T.", field="tooth"
        )
    return _FDI_OF_UNIVERSAL[universal]


def to_palmer(fdi: str) -> str:
    """Palmer notation in letters: UR, UL, LL or LR, then 1 to 8 (permanent) or A to E (deciduous)."""
    return _PALMER[known(fdi)]


def from_palmer(palmer: str) -> str:
    """FDI of a tooth in Palmer notation; raises InvalidInput."""
    if palmer not in _FDI_OF_PALMER:
        raise InvalidInput(
            f"{palmer!r} is no tooth in Palmer notation; expected UR, UL, LL or LR and 1 to 8 or A to E.",
            field="tooth",
        )
    return _FDI_OF_PALMER[palmer]


def name_en(fdi: str) -> str:
    """For example "upper right first molar", "lower left primary canine"."""
    quadrant, place = int(known(fdi)[0]), int(fdi[1]) - 1
    if quadrant > 4:
        return f"{_PLACES_EN[quadrant - 5]} primary {_DECIDUOUS_EN[place]}"
    return f"{_PLACES_EN[quadrant - 1]} {_PERMANENT_EN[place]}"


def name_id(fdi: str) -> str:
    """For example "gigi geraham besar pertama kanan atas"."""
    quadrant, place = int(known(fdi)[0]), int(fdi[1]) - 1
    if quadrant > 4:
        return f"{_DECIDUOUS_ID[place]} {_PLACES_ID[quadrant - 5]}"
    return f"{_PERMANENT_ID[place]} {_PLACES_ID[quadrant - 1]}"
