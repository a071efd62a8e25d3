"""What a diagnosis says."""

from __future__ import annotations

from collections.abc import Sequence

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.card import Modality

LANGUAGES = ("en", "id")


def compose(
    findings: Sequence[Detection],
    *,
    conditions: Sequence[Condition],
    width: int,
    height: int,
    modality: Modality,
    quality_notes: Sequence[str] = (),
    language: str,
) -> str:
    """The text of a diagnosis."""
    return "A dentist must confirm."


def no_model(language: str) -> str:
    """Where no model is made for a kind of picture."""
    return {
        "en": "No AI model for this kind of picture; a dentist will look.",
        "id": "Belum ada model AI untuk jenis gambar ini; dokter gigi akan memeriksanya.",
    }[language]
