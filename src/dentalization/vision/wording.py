"""What a diagnosis says: findings, doubts and the next step in whole sentences, never a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import TEXTS, Condition, ConditionText, Urgency
from dentalization.dentistry.teeth import name_en, name_id
from dentalization.vision.card import Modality

LANGUAGES: Final = ("en", "id")
MOST_PLACES: Final = 3
"""Up to so many findings of one condition are told place by place, more are counted."""
_MIDDLE = (0.4, 0.6)
"""What lies between these shares of the width is on neither side."""
_BY_URGENCY = (Urgency.URGENT, Urgency.SOON, Urgency.ROUTINE, Urgency.NONE)
_CONDITIONS = tuple(Condition)


@dataclass(frozen=True, slots=True)
class _Phrases:
    """`sure` has the lowest confidence of each band and its words, the highest band first.

    `sides` are by height (upper, lower) and then by width (left, middle, right).
    """

    pictures: Mapping[Modality, str]
    signs: str
    nothing: str
    work: str
    unseen: str
    quality: str
    next: Mapping[Urgency, str]
    confirmation: str
    places: str
    sides: tuple[tuple[str, str, str], tuple[str, str, str]]
    sure: tuple[tuple[float, str], ...]
    at_best: str
    range: str
    last: str


# How sure in words: the bounds are those of a coin and of nine in ten, as on the pages.
_LOW, _FAIR, _HIGH = 0.0, 0.5, 0.9

_ENGLISH = _Phrases(
    pictures={
        Modality.INTRAORAL: "photo of the mouth",
        Modality.EXTRAORAL: "photo of the face",
        Modality.PANORAMIC: "panoramic x-ray",
        Modality.BITEWING: "bitewing x-ray",
        Modality.PERIAPICAL: "periapical x-ray",
    },
    signs="On this {picture} the AI sees signs that may be: {groups}.",
    nothing="On this {picture} the AI found nothing unusual that it could recognise; this does not rule "
    "anything out.",
    work="It sees what may be dental work: {groups}.",
    unseen="It cannot judge the following, which may still be there: {names}.",
    quality="The picture limits what can be seen: {notes}.",
    next={
        Urgency.URGENT: "Have a dentist look at this within days, at once if there is pain, swelling, fever "
        "or bleeding.",
        Urgency.SOON: "Have a dentist look at this within the next weeks, sooner if there is pain, swelling, "
        "fever or bleeding.",
        Urgency.ROUTINE: "Mention this at your next dental visit, and go sooner if there is pain, swelling, "
        "fever or bleeding.",
        Urgency.NONE: "Keep to your regular check-ups, and see a dentist sooner if there is pain, swelling, "
        "fever or bleeding.",
    },
    confirmation="This is the proposal of a computer; a dentist must confirm it.",
    places="{count} places",
    sides=(
        ("upper left side of the picture", "upper middle of the picture", "upper right side of the picture"),
        ("lower left side of the picture", "lower middle of the picture", "lower right side of the picture"),
    ),
    sure=((_HIGH, "quite sure"), (_FAIR, "fairly sure"), (_LOW, "unsure")),
    at_best="{words} at best",
    range="{low} to {high} %",
    last="and",
)

_INDONESIAN = _Phrases(
    pictures={
        Modality.INTRAORAL: "foto mulut",
        Modality.EXTRAORAL: "foto wajah",
        Modality.PANORAMIC: "rontgen panoramik",
        Modality.BITEWING: "rontgen bitewing",
        Modality.PERIAPICAL: "rontgen periapikal",
    },
    signs="Pada {picture} ini AI melihat tanda yang mungkin berupa: {groups}.",
    nothing="Pada {picture} ini AI tidak menemukan kelainan yang dapat dikenalinya; ini tidak menyingkirkan "
    "kemungkinan apa pun.",
    work="AI melihat yang mungkin berupa hasil perawatan gigi: {groups}.",
    unseen="AI tidak dapat menilai hal berikut, yang mungkin saja tetap ada: {names}.",
    quality="Gambar ini membatasi apa yang dapat dilihat: {notes}.",
    next={
        Urgency.URGENT: "Periksakan ke dokter gigi dalam beberapa hari, segera bila ada nyeri, bengkak, "
        "demam, atau perdarahan.",
        Urgency.SOON: "Periksakan ke dokter gigi dalam beberapa minggu ke depan, lebih cepat bila ada nyeri, "
        "bengkak, demam, atau perdarahan.",
        Urgency.ROUTINE: "Sampaikan pada kunjungan berikutnya ke dokter gigi, dan datanglah lebih cepat bila "
        "ada nyeri, bengkak, demam, atau perdarahan.",
        Urgency.NONE: "Tetaplah menjalani pemeriksaan rutin, dan datanglah ke dokter gigi lebih cepat bila "
        "ada nyeri, bengkak, demam, atau perdarahan.",
    },
    confirmation="Ini usulan komputer; dokter gigi harus memastikannya.",
    places="{count} tempat",
    sides=(
        ("sisi kiri atas gambar", "bagian tengah atas gambar", "sisi kanan atas gambar"),
        ("sisi kiri bawah gambar", "bagian tengah bawah gambar", "sisi kanan bawah gambar"),
    ),
    sure=((_HIGH, "yakin"), (_FAIR, "cukup yakin"), (_LOW, "kurang yakin")),
    at_best="paling tinggi {words}",
    range="{low} sampai {high} %",
    last="dan",
)
_PHRASES: Final = {"en": _ENGLISH, "id": _INDONESIAN}


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
    """The text of a diagnosis, at most six sentences; the same for the same findings in any order.

    `conditions` are what the model can see, `width` and `height` the picture's in pixels. A quality note is a
    clause in `language`. `language` is one of LANGUAGES.
    """
    say = _PHRASES[language]
    groups = _grouped(findings)
    signs = [_told(one, language, width, height) for one in groups if _text(one).abnormal]
    work = [_told(one, language, width, height) for one in groups if not _text(one).abnormal]
    unseen = [
        text.words[language].name for one, text in TEXTS.items() if text.abnormal and one not in conditions
    ]
    notes = [note for one in quality_notes if (note := one.strip().rstrip("."))]
    picture = say.pictures[modality]
    urgency = _text(groups[0]).urgency if groups else Urgency.NONE
    sentences = [
        say.signs.format(picture=picture, groups="; ".join(signs))
        if signs
        else say.nothing.format(picture=picture),
        say.work.format(groups="; ".join(work)) if work else "",
        say.unseen.format(names=_listed(unseen, say)) if unseen else "",
        say.quality.format(notes="; ".join(notes)) if notes else "",
        say.next[urgency],
        say.confirmation,
    ]
    return " ".join(one for one in sentences if one)


def no_model(language: str) -> str:
    """Where no model is made for a kind of picture."""
    return {
        "en": "No AI model for this kind of picture; a dentist will look.",
        "id": "Belum ada model AI untuk jenis gambar ini; dokter gigi akan memeriksanya.",
    }[language]


def sureness(confidence: float, language: str) -> str:
    """A confidence, 0 to 1, in words."""
    return next(words for least, words in _PHRASES[language].sure if confidence >= least)


def _grouped(findings: Sequence[Detection]) -> list[list[Detection]]:
    """By condition, the most urgent and then the surest first; sound teeth are no findings."""
    groups: dict[str, list[Detection]] = {}
    for one in sorted(findings, key=_order):
        if one.condition != Condition.SOUND_TOOTH:
            groups.setdefault(one.condition, []).append(one)
    return sorted(
        groups.values(),
        key=lambda group: (
            _BY_URGENCY.index(_text(group).urgency),
            -group[0].confidence,
            _CONDITIONS.index(Condition(group[0].condition)),
        ),
    )


def _order(one: Detection) -> tuple[float, str, float, float, float, float]:
    box = one.location
    return (-one.confidence, one.tooth or "", box.x, box.y, box.width, box.height)


def _text(group: Sequence[Detection]) -> ConditionText:
    return TEXTS[Condition(group[0].condition)]


def _told(group: Sequence[Detection], language: str, width: int, height: int) -> str:
    """For example "tooth decay (2 places: ... and ...; fairly sure at best, 41 to 72 %)"."""
    say = _PHRASES[language]
    places = list(dict.fromkeys(_place(one, language, width, height) for one in group))
    where = _listed(places, say)
    if len(group) > 1:
        where = say.places.format(count=len(group)) + (f": {where}" if len(group) <= MOST_PLACES else "")
    return f"{_text(group).words[language].name} ({where}; {_sure(group, language)})"


def _place(one: Detection, language: str, width: int, height: int) -> str:
    """The tooth if the finding names one; else a side of the picture, which is not that of the patient."""
    if one.tooth is not None:
        return f"{(name_id if language == 'id' else name_en)(one.tooth)} FDI {one.tooth}"
    across = (one.location.x + one.location.width / 2) / width
    down = (one.location.y + one.location.height / 2) / height
    left, right = _MIDDLE
    return _PHRASES[language].sides[down >= 0.5][(across >= left) + (across > right)]


def _sure(group: Sequence[Detection], language: str) -> str:
    """Of the surest finding, with the lowest and highest confidence where these differ in whole percents."""
    say = _PHRASES[language]
    words = sureness(group[0].confidence, language)
    high, low = (round(one.confidence * 100) for one in (group[0], group[-1]))
    if low == high:
        return f"{words}, {high} %"
    return f"{say.at_best.format(words=words)}, {say.range.format(low=low, high=high)}"


def _listed(parts: Sequence[str], say: _Phrases) -> str:
    """a, b and c"""
    *before, final = parts
    return f"{', '.join(before)} {say.last} {final}" if before else final
