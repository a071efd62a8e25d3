"""What a picture of teeth can show, in words for patients and in codes for records."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Condition(StrEnum):
    CARIES = "caries"
    CALCULUS = "calculus"
    GINGIVITIS = "gingivitis"
    MISSING_TOOTH = "missing_tooth"
    DISCOLORATION = "discoloration"
    ULCER = "ulcer"
    FILLING = "filling"
    CROWN = "crown"
    IMPLANT = "implant"
    ROOT_CANAL_TREATMENT = "root_canal_treatment"
    IMPACTED_TOOTH = "impacted_tooth"
    PERIAPICAL_LESION = "periapical_lesion"
    FRACTURE = "fracture"
    SOUND_TOOTH = "sound_tooth"


class Urgency(StrEnum):
    """How soon a dentist should look: not for this alone, at the next visit, within weeks, within days."""

    NONE = "none"
    ROUTINE = "routine"
    SOON = "soon"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class ConditionText:
    """`icd10` is the WHO ICD-10 category of chapter K00 to K14, None where that chapter has none."""

    english: str
    indonesian: str
    abnormal: bool
    urgency: Urgency
    icd10: str | None


TEXTS: dict[Condition, ConditionText] = {
    Condition.CARIES: ConditionText("tooth decay", "gigi berlubang", True, Urgency.SOON, "K02.9"),
    Condition.CALCULUS: ConditionText("tartar", "karang gigi", True, Urgency.ROUTINE, "K03.6"),
    Condition.GINGIVITIS: ConditionText("inflamed gums", "radang gusi", True, Urgency.ROUTINE, "K05.1"),
    Condition.MISSING_TOOTH: ConditionText("missing tooth", "gigi hilang", True, Urgency.ROUTINE, "K08.1"),
    Condition.DISCOLORATION: ConditionText(
        "discoloured tooth", "perubahan warna gigi", True, Urgency.ROUTINE, "K03.7"
    ),
    Condition.ULCER: ConditionText("mouth ulcer", "sariawan", True, Urgency.SOON, "K12.1"),
    Condition.FILLING: ConditionText("filling", "tambalan gigi", False, Urgency.NONE, None),
    Condition.CROWN: ConditionText("crown", "mahkota gigi tiruan", False, Urgency.NONE, None),
    Condition.IMPLANT: ConditionText("implant", "implan gigi", False, Urgency.NONE, None),
    Condition.ROOT_CANAL_TREATMENT: ConditionText(
        "root canal treatment", "perawatan saluran akar", False, Urgency.NONE, None
    ),
    Condition.IMPACTED_TOOTH: ConditionText("impacted tooth", "gigi impaksi", True, Urgency.ROUTINE, "K01.1"),
    Condition.PERIAPICAL_LESION: ConditionText(
        "inflammation at the tip of a root", "peradangan di ujung akar gigi", True, Urgency.SOON, "K04.5"
    ),
    # A fracture is coded among the injuries (S02.5), which needs a history of injury that no picture tells.
    Condition.FRACTURE: ConditionText("broken tooth", "gigi patah", True, Urgency.URGENT, None),
    Condition.SOUND_TOOTH: ConditionText("sound tooth", "gigi sehat", False, Urgency.NONE, None),
}
