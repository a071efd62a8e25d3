"""Cases that a dentist answers before seeing what the AI found.

Who has seen the AI's boxes agrees with them more often. Only cases answered without measure how often the AI
is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dentalization.db.identity import Actor
from dentalization.diagnoses.queries import DiagnosisRow
from dentalization.diagnoses.tables import DiagnosisStatus

TEXTS = {
    "en": "This case is reviewed blind: what the AI found is shown after you have answered.",
    "id": "Kasus ini ditinjau tanpa melihat AI: temuan AI ditampilkan setelah Anda menjawab.",
}
_KEPT = ("model", "version", "modality", "photoType", "photoId", "blind")


def awaits_answer(metadata: dict[str, Any] | None, status: DiagnosisStatus) -> bool:
    """Whether a dentist has yet to answer this case without the AI."""
    return bool((metadata or {}).get("blind")) and status is DiagnosisStatus.PENDING


def as_seen(actor: Actor, row: DiagnosisRow) -> DiagnosisRow:
    """The diagnosis without what the AI found, for a dentist who has yet to answer it blind."""
    if not actor.doctor_id or not awaits_answer(row.metadata, row.status):
        return row
    kept = {name: value for name, value in (row.metadata or {}).items() if name in _KEPT}
    return replace(
        row, diagnosis=TEXTS["en"], confidence=0.0, detections=[], metadata={**kept, "texts": TEXTS}
    )


def all_as_seen(actor: Actor, rows: Sequence[DiagnosisRow]) -> list[DiagnosisRow]:
    return [as_seen(actor, row) for row in rows]
