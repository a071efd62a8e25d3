"""Who may ever decide about a diagnosis, and what is allowed in which state."""

from __future__ import annotations

from dentalization.diagnoses.tables import DiagnosisStatus

TRANSITIONS: frozenset[tuple[DiagnosisStatus, DiagnosisStatus]] = frozenset(
    {
        (DiagnosisStatus.PENDING, DiagnosisStatus.REVIEWED),
        (DiagnosisStatus.PENDING, DiagnosisStatus.CONFIRMED),
        (DiagnosisStatus.PENDING, DiagnosisStatus.REJECTED),
        (DiagnosisStatus.REVIEWED, DiagnosisStatus.CONFIRMED),
        (DiagnosisStatus.REVIEWED, DiagnosisStatus.REJECTED),
    }
)
"""(from, to). The same table makes the trigger in the database and the diagram in the docs."""


def may_become(before: DiagnosisStatus, after: DiagnosisStatus) -> bool:
    return (before, after) in TRANSITIONS
