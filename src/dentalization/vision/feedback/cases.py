"""A case that a dentist has decided: what the model proposed and what the dentist made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dentalization.dentistry.boxes import Detection
from dentalization.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class ReviewedCase:
    """`decided` is None where the dentist left the proposed boxes as they are.

    `rejected` says that the whole diagnosis was rejected: none of the proposed boxes counts as right.
    `blind` says that the dentist answered before the model's boxes were shown; `decided` is then the
    dentist's own answer. `group` is a pseudonym of the patient: pictures of one mouth are alike, so
    intervals are made by drawing patients, not boxes.

    Raises InvalidInput for a blind case without the dentist's own boxes (it would count as full agreement
    of somebody who has not looked) and for a time without its zone.
    """

    diagnosis_id: str
    model: str
    version: str
    proposed: tuple[Detection, ...]
    decided: tuple[Detection, ...] | None
    rejected: bool
    reviewed_at: datetime
    blind: bool
    group: str

    def __post_init__(self) -> None:
        if self.blind and self.decided is None:
            raise InvalidInput(
                "A blind review has the dentist's own boxes; give them as decided, empty if there are none.",
                field="decided",
            )
        if self.reviewed_at.tzinfo is None:
            raise InvalidInput("reviewed_at must be a time with its zone.", field="reviewed_at")

    @property
    def truth(self) -> tuple[Detection, ...] | None:
        """What the picture shows by the dentist's word; None where it was rejected and nothing was drawn.

        Such a picture is not one without findings: what it shows instead was never said.
        """
        if self.decided is not None:
            return self.decided
        return None if self.rejected else self.proposed
