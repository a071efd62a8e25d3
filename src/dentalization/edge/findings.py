"""Findings in the words of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dentalization.dentistry.condition_texts import Words
from dentalization.dentistry.conditions import TEXTS as CONDITIONS
from dentalization.dentistry.conditions import Condition, Urgency
from dentalization.edge.texts import text

_URGENCIES = (Urgency.URGENT, Urgency.SOON, Urgency.ROUTINE, Urgency.NONE)


def condition_name(name: str, language: str) -> str:
    found = CONDITIONS.get(Condition(name)) if name in set(Condition) else None
    if found is None:
        return name
    return found.indonesian if language == "id" else found.english


def headline(diagnosis: Any, language: str) -> str:
    """The conditions that were found, the most urgent first, in a few words."""
    metadata = diagnosis.metadata or {}
    places = Counter(str(one.get("condition")) for one in diagnosis.detections)
    known = [one for one in Condition if places.get(one) and one is not Condition.SOUND_TOOTH]
    known.sort(key=lambda one: _URGENCIES.index(CONDITIONS[one].urgency))
    if known:
        names = [f"{condition_name(one, language)} ({places[one]})" for one in known]
        return ", ".join(names)
    if metadata.get("blind") and not metadata.get("digest"):
        return text("reviewed-blind", language)
    return text("no-findings" if metadata.get("model") else "no-model", language)


def explained(detections: Sequence[Mapping[str, Any]], language: str) -> list[Words]:
    """What each condition that was found is called, means and asks for, the most urgent first."""
    names = {str(one.get("condition")) for one in detections}
    known = [one for one in Condition if one in names and one is not Condition.SOUND_TOOTH]
    known.sort(key=lambda one: _URGENCIES.index(CONDITIONS[one].urgency))
    return [CONDITIONS[one].words[language] for one in known]
