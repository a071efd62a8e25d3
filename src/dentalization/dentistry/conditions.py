"""What a picture of teeth can show, in words for patients and in codes for records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dentalization.dentistry.condition_texts import ENGLISH, INDONESIAN, Words


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
    """`words` are by language, "en" and "id".

    `icd10` is the category of chapter K00 to K14 in the WHO's ICD-10 of 2019, None where that chapter has
    none. `snomed` is a SNOMED CT identifier and nothing else of that terminology, whose terms are licensed.
    Both are what a dentist is offered to start from: a picture shows an appearance, a code names a disease.
    """

    words: Mapping[str, Words]
    abnormal: bool
    urgency: Urgency
    icd10: str | None
    snomed: str | None

    @property
    def english(self) -> str:
        """The name for patients."""
        return self.words["en"].name

    @property
    def indonesian(self) -> str:
        """The name for patients."""
        return self.words["id"].name


# A SNOMED CT code stands here only if SNOMED International or a national or public map shows it with this
# very meaning: 235104008, 36202009 and 80967001 in SNOMED International's own dental record demonstrator,
# 234948008 there and in the odontogram of Indonesia's SATUSEHAT, 66383009 in public FHIR guides, 26284000
# in the Human Phenotype Ontology. Where none was found so, there is none: a wrong code is worse than no code.
_FACTS: Final[dict[Condition, tuple[Urgency, str | None, str | None]]] = {
    # Unspecified: a picture does not show whether only enamel, or dentine too, or cementum is decayed.
    Condition.CARIES: (Urgency.SOON, "K02.9", "80967001"),
    # Deposits (accretions), which include calculus above and below the gum. SNOMED CT codes for calculus say
    # on which side of the gum it is; the detector does not.
    Condition.CALCULUS: (Urgency.ROUTINE, "K03.6", None),
    # The WHO files gingivitis of unstated duration under chronic gingivitis; acute (K05.0) is a history.
    Condition.GINGIVITIS: (Urgency.ROUTINE, "K05.1", "66383009"),
    # K08.1 is loss by accident, extraction or periodontal disease, the usual reason in adults. No picture
    # tells it from a tooth that never formed (hypodontia, K00.0) or, in a photo, one not yet through (K00.6,
    # K01). The SNOMED CT code says absent and leaves the reason open.
    Condition.MISSING_TOOTH: (Urgency.ROUTINE, "K08.1", "234948008"),
    # After eruption. Stains on the surface are deposits (K03.6); fluorosis (K00.3) and colours from the time
    # of formation (K00.8) look alike too.
    Condition.DISCOLORATION: (Urgency.ROUTINE, "K03.7", None),
    # K12.0 would say that it is an aphtha and comes back; other stomatitis includes ulcers without a history.
    Condition.ULCER: (Urgency.SOON, "K12.1", "26284000"),
    Condition.FILLING: (Urgency.NONE, None, None),
    Condition.CROWN: (Urgency.NONE, None, None),
    Condition.IMPLANT: (Urgency.NONE, None, None),
    Condition.ROOT_CANAL_TREATMENT: (Urgency.NONE, None, None),
    Condition.IMPACTED_TOOTH: (Urgency.ROUTINE, "K01.1", "235104008"),
    # Chronic, and granuloma: acute inflammation (K04.4) does not show on an x-ray yet. An abscess (K04.6,
    # K04.7) or a root cyst (K04.8) looks the same, so SNOMED CT's apical periodontitis would claim too much.
    Condition.PERIAPICAL_LESION: (Urgency.SOON, "K04.5", None),
    # The WHO codes it among the injuries (S02.5), outside K00 to K14.
    Condition.FRACTURE: (Urgency.URGENT, None, "36202009"),
    Condition.SOUND_TOOTH: (Urgency.NONE, None, None),
}
TEXTS: Final[dict[Condition, ConditionText]] = {
    condition: ConditionText(
        {"en": ENGLISH[condition], "id": INDONESIAN[condition]},
        urgency is not Urgency.NONE,
        urgency,
        icd10,
        snomed,
    )
    for condition, (urgency, icd10, snomed) in _FACTS.items()
}
