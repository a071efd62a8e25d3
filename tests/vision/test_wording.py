from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dentalization.dentistry.boxes import Box, Detection
from dentalization.dentistry.conditions import TEXTS, Condition, Urgency
from dentalization.dentistry.teeth import TEETH, name_en, name_id
from dentalization.vision.card import Modality
from dentalization.vision.wording import LANGUAGES, compose, no_model, sureness

WIDTH, HEIGHT = 1000, 500
ABNORMAL = [one for one in Condition if TEXTS[one].abnormal]
WORK = [one for one in Condition if not TEXTS[one].abnormal and one is not Condition.SOUND_TOOTH]
CONFIRMATION = {
    "en": "This is the proposal of a computer; a dentist must confirm it.",
    "id": "Ini usulan komputer; dokter gigi harus memastikannya.",
}
MAYBE = {"en": "may be", "id": "mungkin"}
RULES_NOTHING_OUT = {"en": "does not rule anything out", "id": "tidak menyingkirkan kemungkinan apa pun"}
WHEN = {
    "en": {Urgency.URGENT: "within days", Urgency.SOON: "within the next weeks",
           Urgency.ROUTINE: "at your next dental visit", Urgency.NONE: "your regular check-ups"},
    "id": {Urgency.URGENT: "dalam beberapa hari", Urgency.SOON: "dalam beberapa minggu",
           Urgency.ROUTINE: "pada kunjungan berikutnya", Urgency.NONE: "pemeriksaan rutin"},
}  # fmt: skip
VERDICTS = (
    r"\b(definitely|certainly|surely|clearly|obviously|proven|proves|diagnosed|diagnosis is|you have|"
    r"you suffer|healthy|sound|nothing wrong|no disease|cancer|need treatment|patient's (left|right)|"
    r"pasti|tentu|jelas|terbukti|didiagnosis|anda menderita|anda mengalami|sehat|normal|"
    r"tidak ada masalah|kanker)\b"
)


def at(
    condition: str, confidence: float = 0.72, x: float = 100, y: float = 100, tooth: str | None = None
) -> Detection:
    """A finding whose middle is at x and y."""
    return Detection(condition, confidence, Box(x - 10, y - 10, 20, 20), tooth)


def said(
    *findings: Detection,
    language: str = "en",
    conditions: tuple[Condition, ...] = tuple(Condition),
    modality: Modality = Modality.INTRAORAL,
    quality_notes: tuple[str, ...] = (),
) -> str:
    return compose(
        findings, conditions=conditions, width=WIDTH, height=HEIGHT,
        modality=modality, quality_notes=quality_notes, language=language,
    )  # fmt: skip


def sentences(text: str) -> list[str]:
    return re.findall(r"[^.]+\.", text)


def numbers(text: str) -> list[int]:
    return [int(one) for one in re.findall(r"\d+", text)]


def percents(text: str) -> list[int]:
    return [int(one) for one in re.findall(r"(\d+)(?=(?: (?:to|sampai) \d+)? %)", text)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", list(Modality))
@pytest.mark.parametrize("condition", ABNORMAL + WORK)
def test_every_condition_is_told_as_a_possibility(
    condition: Condition, modality: Modality, language: str
) -> None:
    text = said(at(condition, 0.734), language=language, modality=modality)
    group = next(one for one in sentences(text) if TEXTS[condition].words[language].name in one)
    assert MAYBE[language] in group
    assert numbers(text) == percents(text) == [73]
    assert not re.search(VERDICTS, text, re.IGNORECASE)
    assert WHEN[language][TEXTS[condition].urgency] in text
    assert text.endswith(CONFIRMATION[language])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("findings", [(), (at("sound_tooth", 0.99),)])
def test_nothing_found_rules_nothing_out(findings: tuple[Detection, ...], language: str) -> None:
    text = said(*findings, language=language)
    assert RULES_NOTHING_OUT[language] in text
    assert not numbers(text)
    assert not re.search(VERDICTS, text, re.IGNORECASE)
    assert WHEN[language][Urgency.NONE] in text
    assert text.endswith(CONFIRMATION[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_dental_work_alone_rules_nothing_out_either(language: str) -> None:
    assert RULES_NOTHING_OUT[language] in said(at("filling"), language=language)
    assert RULES_NOTHING_OUT[language] not in said(at("filling"), at("caries"), language=language)


def test_the_whole_text() -> None:
    """What a reader sees, once and whole."""
    findings = [
        at("caries", 0.41, 900, 400),
        at("filling", 0.95, 100, 100),
        at("caries", 0.72),
        at("fracture", 0.93, tooth="11"),
    ]
    can_see = (Condition.CARIES, Condition.FRACTURE, Condition.FILLING)
    assert said(
        *findings, conditions=can_see, modality=Modality.PANORAMIC, quality_notes=("it is a little blurred.",)
    ) == (
        "On this panoramic x-ray the AI sees signs that may be: broken tooth (upper right central "
        "incisor FDI 11; quite sure, 93 %); tooth decay (2 places: upper left side of the picture and "
        "lower right side of the picture; fairly sure at best, 41 to 72 %). It sees what may be dental "
        "work: filling (upper left side of the picture; quite sure, 95 %). It cannot judge the "
        "following, which may still be there: tartar, inflamed gums, missing tooth, discoloured tooth, "
        "mouth ulcer, impacted tooth and inflammation at the tip of a root. The picture limits what can "
        "be seen: it is a little blurred. Have a dentist look at this within days, at once if there is "
        "pain, swelling, fever or bleeding. This is the proposal of a computer; a dentist must confirm "
        "it."
    )
    assert said(
        *findings,
        conditions=can_see,
        modality=Modality.PANORAMIC,
        quality_notes=("agak kabur",),
        language="id",
    ) == (
        "Pada rontgen panoramik ini AI melihat tanda yang mungkin berupa: gigi patah (gigi seri tengah "
        "kanan atas FDI 11; yakin, 93 %); gigi berlubang (2 tempat: sisi kiri atas gambar dan sisi "
        "kanan bawah gambar; paling tinggi cukup yakin, 41 sampai 72 %). AI melihat yang mungkin berupa "
        "hasil perawatan gigi: tambalan gigi (sisi kiri atas gambar; yakin, 95 %). AI tidak dapat "
        "menilai hal berikut, yang mungkin saja tetap ada: karang gigi, radang gusi, gigi hilang, "
        "perubahan warna gigi, sariawan, gigi terpendam dan peradangan di ujung akar gigi. Gambar ini "
        "membatasi apa yang dapat dilihat: agak kabur. Periksakan ke dokter gigi dalam beberapa hari, "
        "segera bila ada nyeri, bengkak, demam, atau perdarahan. Ini usulan komputer; dokter gigi harus "
        "memastikannya."
    )


def test_the_most_urgent_stands_first_then_the_surest() -> None:
    text = said(
        at("calculus", 0.99), at("caries", 0.4), at("ulcer", 0.6), at("fracture", 0.3), at("crown", 1)
    )
    order = ["broken tooth", "mouth ulcer", "tooth decay", "tartar", "crown"]
    assert [text.index(one) for one in order] == sorted(text.index(one) for one in order)


@pytest.mark.parametrize(
    ("x", "y", "english", "indonesian"),
    [
        (100, 100, "upper left side of the picture", "sisi kiri atas gambar"),
        (399, 250, "lower left side of the picture", "sisi kiri bawah gambar"),
        (400, 249, "upper middle of the picture", "bagian tengah atas gambar"),
        (600, 400, "lower middle of the picture", "bagian tengah bawah gambar"),
        (601, 100, "upper right side of the picture", "sisi kanan atas gambar"),
        (900, 400, "lower right side of the picture", "sisi kanan bawah gambar"),
    ],
)
def test_without_a_tooth_a_place_is_a_side_of_the_picture(
    x: float, y: float, english: str, indonesian: str
) -> None:
    assert f"tooth decay ({english}; " in said(at("caries", x=x, y=y))
    assert f"gigi berlubang ({indonesian}; " in said(at("caries", x=x, y=y), language="id")


@pytest.mark.parametrize("tooth", sorted(TEETH))
def test_a_tooth_is_named_and_the_side_is_not(tooth: str) -> None:
    assert f"tooth decay ({name_en(tooth)} FDI {tooth}; " in said(at("caries", tooth=tooth))
    assert f"gigi berlubang ({name_id(tooth)} FDI {tooth}; " in said(at("caries", tooth=tooth), language="id")
    assert "side of the picture" not in said(at("caries", tooth=tooth))


@pytest.mark.parametrize(
    ("count", "english", "indonesian"),
    [
        (
            2,
            "(2 places: upper left side of the picture; fairly sure, 72 %)",
            "(2 tempat: sisi kiri atas gambar; ",
        ),
        (
            3,
            "(3 places: upper left side of the picture; fairly sure, 72 %)",
            "(3 tempat: sisi kiri atas gambar; ",
        ),
        (4, "(4 places; fairly sure, 72 %)", "(4 tempat; cukup yakin, 72 %)"),
        (12, "(12 places; fairly sure, 72 %)", "(12 tempat; cukup yakin, 72 %)"),
    ],
)
def test_many_places_are_counted(count: int, english: str, indonesian: str) -> None:
    found = [at("filling", x=100 + one) for one in range(count)]
    assert f"filling {english}" in said(*found)
    assert f"tambalan gigi {indonesian}" in said(*found, language="id")


@pytest.mark.parametrize(
    ("confidence", "english", "indonesian"),
    [
        (0.0, "unsure", "kurang yakin"),
        (0.499, "unsure", "kurang yakin"),
        (0.5, "fairly sure", "cukup yakin"),
        (0.899, "fairly sure", "cukup yakin"),
        (0.9, "quite sure", "yakin"),
        (1.0, "quite sure", "yakin"),
    ],
)
def test_how_sure_in_words(confidence: float, english: str, indonesian: str) -> None:
    assert sureness(confidence, "en") == english
    assert sureness(confidence, "id") == indonesian


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("condition", ABNORMAL)
def test_what_the_model_cannot_see_is_named(condition: Condition, language: str) -> None:
    name = TEXTS[condition].words[language].name
    assert name not in said(language=language)
    others = tuple(one for one in Condition if one is not condition)
    assert sentences(said(language=language, conditions=others))[1].endswith(f": {name}.")


def test_what_it_cannot_see_of_dental_work_is_not_worth_a_sentence() -> None:
    assert said(conditions=tuple(ABNORMAL)) == said(conditions=tuple(Condition))


@pytest.mark.parametrize("language", LANGUAGES)
def test_notes_on_the_quality_are_passed_on(language: str) -> None:
    text = said(language=language, quality_notes=("first note", "", " second note. "))
    assert ": first note; second note. " in text
    assert said(language=language, quality_notes=("", " ")) == said(language=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_model_a_dentist_looks(language: str) -> None:
    assert no_model(language).endswith(".")


FINDINGS = st.lists(
    st.builds(
        Detection,
        st.sampled_from([str(one) for one in Condition]),
        st.floats(0, 1),
        st.builds(Box, st.floats(0, 900), st.floats(0, 400), st.floats(1, 100), st.floats(1, 100)),
        st.none() | st.sampled_from(sorted(TEETH)),
    ),
    max_size=40,
)
CAN_SEE = st.sets(st.sampled_from(list(Condition))).map(lambda some: tuple(sorted(some)))


@given(FINDINGS, CAN_SEE, st.sampled_from(list(Modality)), st.integers())
def test_any_findings_make_one_short_text(
    findings: list[Detection], conditions: tuple[Condition, ...], modality: Modality, seed: int
) -> None:
    shuffled = random.Random(seed).sample(findings, len(findings))
    names = {one.condition for one in findings} - {"sound_tooth"}
    top = min((list(reversed(Urgency)).index(TEXTS[Condition(one)].urgency) for one in names), default=3)
    for language in LANGUAGES:
        text = said(
            *findings, language=language, conditions=conditions, modality=modality, quality_notes=("dim",)
        )
        again = said(
            *shuffled, language=language, conditions=conditions, modality=modality, quality_notes=("dim",)
        )
        assert text == again
        assert text.endswith(CONFIRMATION[language])
        assert WHEN[language][list(reversed(Urgency))[top]] in text
        assert 4 <= len(sentences(text)) <= 6
        assert not re.search(VERDICTS, text, re.IGNORECASE)
        assert "{" not in text


@given(FINDINGS, CAN_SEE)
def test_both_languages_tell_the_same_facts(
    findings: list[Detection], conditions: tuple[Condition, ...]
) -> None:
    english, indonesian = (said(*findings, language=one, conditions=conditions) for one in LANGUAGES)
    assert numbers(english) == numbers(indonesian)
    assert named(english, "en") == named(indonesian, "id")
    assert {str(one) for one in named(english, "en")} == {one.condition for one in findings} - {"sound_tooth"}
    assert set(percents(english)) <= {round(one.confidence * 100) for one in findings}
    assert len(sentences(english)) == len(sentences(indonesian))


def named(text: str, language: str) -> list[Condition]:
    """The conditions that are told with a place, in the order of the text."""
    places = {one: text.find(f" {TEXTS[one].words[language].name} (") for one in Condition}
    return sorted((one for one, place in places.items() if place >= 0), key=lambda one: places[one])
