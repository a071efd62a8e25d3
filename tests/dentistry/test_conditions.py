from __future__ import annotations

import re

import pytest

from dentalization.dentistry.condition_texts import ENGLISH, INDONESIAN, Words
from dentalization.dentistry.conditions import TEXTS, Condition, Urgency

EVERY = [(condition, language) for condition in Condition for language in ("en", "id")]
# How soon, in the words that the advice has to use, and no other urgency's may.
SOON_IN_WORDS = {
    "en": {
        Urgency.NONE: "nothing to do for this alone",
        Urgency.ROUTINE: "at your next dental visit",
        Urgency.SOON: "within the next weeks",
        Urgency.URGENT: "within days",
    },
    "id": {
        Urgency.NONE: "tidak perlu tindakan hanya karena ini",
        Urgency.ROUTINE: "pada kunjungan berikutnya",
        Urgency.SOON: "dalam beberapa minggu",
        Urgency.URGENT: "dalam beberapa hari",
    },
}
ORDERS = (
    r"\b(extract\w*|drill\w*|pull\w*|remov\w*|antibiotic\w*|painkiller\w*|tablets?|surgery|must|needs? to|"
    r"cabut|dicabut|bor|dibor|operasi|antibiotik|obat|minum|harus|wajib)\b"
)
VERDICTS = (
    r"\b(definitely|certainly|surely|proven|proves|diagnosed|confirmed|you have|you suffer|always|"
    r"pasti|tentu|terbukti|didiagnosis|anda menderita|anda mengalami|selalu)\b"
)


@pytest.mark.parametrize("condition", list(Condition))
def test_every_condition_has_names_and_codes_of_the_right_form(condition: Condition) -> None:
    text = TEXTS[condition]
    assert text.english == text.words["en"].name == ENGLISH[condition].name
    assert text.indonesian == text.words["id"].name == INDONESIAN[condition].name
    assert re.fullmatch("[a-z]+(_[a-z]+)*", condition)
    assert text.icd10 is None or re.fullmatch(r"K(0\d|1[0-4])(\.\d)?", text.icd10)
    assert text.snomed is None or (re.fullmatch(r"[1-9]\d{5,17}", text.snomed) and verhoeff(text.snomed) == 0)


def test_nobody_has_words_for_what_is_no_condition() -> None:
    assert set(TEXTS) == set(ENGLISH) == set(INDONESIAN) == set(Condition)


@pytest.mark.parametrize("condition", list(Condition))
def test_only_what_is_abnormal_is_urgent_or_coded(condition: Condition) -> None:
    text = TEXTS[condition]
    assert text.abnormal == (text.urgency is not Urgency.NONE)
    assert text.abnormal or text.icd10 is None
    assert text.abnormal or text.snomed is None


def test_codes_are_those_that_were_looked_up() -> None:
    """In the WHO's browser of ICD-10 (2019), chapter K00 to K14; see the comments for SNOMED CT."""
    assert {one: text.icd10 for one, text in TEXTS.items() if text.icd10} == {
        "caries": "K02.9", "calculus": "K03.6", "gingivitis": "K05.1", "missing_tooth": "K08.1",
        "discoloration": "K03.7", "ulcer": "K12.1", "impacted_tooth": "K01.1", "periapical_lesion": "K04.5",
    }  # fmt: skip
    assert {one: text.snomed for one, text in TEXTS.items() if text.snomed} == {
        "caries": "80967001", "gingivitis": "66383009", "missing_tooth": "234948008", "ulcer": "26284000",
        "impacted_tooth": "235104008", "fracture": "36202009",
    }  # fmt: skip


@pytest.mark.parametrize("part", ["name", "term", "meaning"])
@pytest.mark.parametrize("language", ["en", "id"])
def test_what_differs_is_called_differently(language: str, part: str) -> None:
    said = [getattr(text.words[language], part) for text in TEXTS.values()]
    assert len(set(said)) == len(Condition)


@pytest.mark.parametrize(("condition", "language"), EVERY)
def test_words_are_short_and_whole(condition: Condition, language: str) -> None:
    words = TEXTS[condition].words[language]
    for name in (words.name, words.term):
        assert re.fullmatch(r"[^\W\d_][\w ()]*[\w)]", name), name
    assert 1 <= len(sentences(words.meaning)) <= 2
    assert len(sentences(words.advice)) == 1
    for text in (words.meaning, words.advice):
        assert text[0].isupper()
        assert text.endswith(".")
        assert "  " not in text


@pytest.mark.parametrize(("condition", "language"), EVERY)
def test_advice_is_as_soon_as_the_urgency(condition: Condition, language: str) -> None:
    text = TEXTS[condition]
    said = [
        one for one, words in SOON_IN_WORDS[language].items() if words in text.words[language].advice.lower()
    ]
    assert said == [text.urgency]


@pytest.mark.parametrize(("condition", "language"), EVERY)
def test_nothing_orders_a_treatment_or_passes_a_verdict(condition: Condition, language: str) -> None:
    words = TEXTS[condition].words[language]
    for text in (words.meaning, words.advice):
        assert not re.search(ORDERS, text, re.IGNORECASE), text
        assert not re.search(VERDICTS, text, re.IGNORECASE), text


def test_the_two_languages_are_not_mixed_up() -> None:
    for condition in Condition:
        english, indonesian = ENGLISH[condition], INDONESIAN[condition]
        assert {"a", "the", "that", "of", "for"} & spoken(english)
        assert not {"a", "the", "that", "of", "for"} & spoken(indonesian)
        assert {"gigi", "yang", "pada", "di"} & spoken(indonesian)
        assert not {"gigi", "yang", "pada", "di"} & spoken(english)


def spoken(words: Words) -> set[str]:
    return set(re.findall(r"\w+", f"{words.meaning} {words.advice}".lower()))


def sentences(text: str) -> list[str]:
    return re.findall(r"[^.]+\.", text)


def verhoeff(digits: str) -> int:
    """0 where the last digit is the check digit of the others: multiplication in the dihedral group D5.

    SNOMED CT identifiers carry it (SNOMED CT Technical Implementation Guide, "Check-digit computation").
    """
    checked = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit)
        for _ in range(place % 8):
            number = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[number]
        checked = times(checked, number)
    return checked


def times(a: int, b: int) -> int:
    """Of D5: 0 to 4 are turns, 5 to 9 are reflections."""
    if a < 5:
        return (a + b) % 5 if b < 5 else 5 + (a + b) % 5
    return 5 + (a - b) % 5 if b < 5 else (a - b) % 5
