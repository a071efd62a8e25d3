from __future__ import annotations

import re

import pytest

from dentalization.dentistry.conditions import TEXTS, Condition, Urgency


@pytest.mark.parametrize("condition", list(Condition))
def test_every_condition_has_words_and_codes(condition: Condition) -> None:
    text = TEXTS[condition]
    assert text.english
    assert text.indonesian
    assert re.fullmatch("[a-z]+(_[a-z]+)*", condition)
    assert text.icd10 is None or re.fullmatch(r"K(0\d|1[0-4])(\.\d)?", text.icd10)


@pytest.mark.parametrize("condition", list(Condition))
def test_only_what_is_abnormal_is_urgent_or_coded(condition: Condition) -> None:
    text = TEXTS[condition]
    assert text.abnormal == (text.urgency is not Urgency.NONE)
    assert text.abnormal or text.icd10 is None


def test_names_are_unlike() -> None:
    assert len({text.english for text in TEXTS.values()}) == len(Condition)
    assert len({text.indonesian for text in TEXTS.values()}) == len(Condition)
