"""Reviewed cases made of few words, for the tests of what reviews teach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from dentalization.dentistry.boxes import Box, Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.feedback.cases import ReviewedCase

START = datetime(2024, 1, 1, tzinfo=UTC)


def at(condition: str, x: float, y: float = 0, *, score: float = 0.5, size: float = 10) -> Detection:
    """A square box."""
    return Detection(condition, score, Box(x, y, size, size))


def reviewed(
    proposed: Sequence[Detection],
    decided: Sequence[Detection] | None = None,
    *,
    number: int = 0,
    rejected: bool = False,
    blind: bool = False,
    group: str = "",
    version: str = "1",
) -> ReviewedCase:
    """`number` orders the cases in time, an hour apart."""
    return ReviewedCase(
        diagnosis_id=f"case-{number}",
        model="m",
        version=version,
        proposed=tuple(proposed),
        decided=None if decided is None else tuple(decided),
        rejected=rejected,
        reviewed_at=START + timedelta(hours=number),
        blind=blind,
        group=group or f"patient-{number}",
    )


# Few places and conditions, so that boxes often meet.
detections = st.builds(
    at,
    st.sampled_from([Condition.CARIES, Condition.FILLING, Condition.CROWN]),
    st.integers(0, 12),
    st.sampled_from([0, 3]),
    score=st.floats(0, 1),
    size=st.sampled_from([8, 10, 12]),
)
boxes = st.lists(detections, max_size=6)


@st.composite
def cases(draw: st.DrawFn) -> ReviewedCase:
    blind = draw(st.booleans())
    return reviewed(
        draw(boxes),
        draw(boxes if blind else st.none() | boxes),
        number=draw(st.integers(0, 30)),
        rejected=draw(st.booleans()),
        blind=blind,
        group=draw(st.sampled_from("abcdefghijklmno")),
        version=draw(st.sampled_from(["1", "2"])),
    )
