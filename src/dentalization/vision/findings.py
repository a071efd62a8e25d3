"""One picture, looked at by the detector for its kind: findings in words, and what is known about them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dentalization.dentistry.boxes import JSON, Box, Detection, clip
from dentalization.dentistry.conditions import TEXTS, Condition
from dentalization.errors import InvalidInput
from dentalization.vision.detector import Detector, Modality, ModelCard, Picture
from dentalization.vision.errors import DetectorFailed, InvalidFindings, NoDetector
from dentalization.vision.picture import Quality, modality_of, quality_of, read_picture

BLURRED = 3.4
"""Nearly all photos blurred by a Gaussian of sigma 3 lie below; 95 of 100 sharp ones exceed 10."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """`confidence` is that of the surest finding.

    Where nothing was found it is the detector's measured share of truly clear pictures among those in which
    it found nothing, and 0 where that was never measured: silence then says nothing.
    """

    diagnosis: str
    confidence: float
    detections: tuple[Detection, ...]
    metadata: dict[str, JSON]


def analyse(picture_bytes: bytes, *, photo_type: str, detectors: Sequence[Detector]) -> Analysis:
    """Looks with the first of `detectors` that is made for this kind of picture.

    Raises UnreadablePicture, NoDetector, DetectorFailed, and InvalidFindings when its answer is not valid.
    """
    picture = read_picture(picture_bytes)
    modality = modality_of(photo_type, picture)
    detector = next((one for one in detectors if modality in one.card.modalities), None)
    if detector is None:
        raise NoDetector
    started = time.perf_counter()
    found = _detect(detector, picture, modality)
    milliseconds = (time.perf_counter() - started) * 1000
    quality = quality_of(picture)
    # A tooth that looks sound is no finding: it neither makes a diagnosis nor lends it confidence.
    findings = [one for one in found if one.condition != Condition.SOUND_TOOTH]
    silent = detector.card.clear_is_clear or 0.0
    return Analysis(
        diagnosis=_diagnosis(findings, detector.card, quality),
        confidence=max((one.confidence for one in findings), default=silent),
        detections=tuple(found),
        metadata=_metadata(detector.card, modality, photo_type, milliseconds, quality),
    )


def _detect(detector: Detector, picture: Picture, modality: Modality) -> list[Detection]:
    try:
        answer = detector.detect(picture, modality=modality)
        return [_checked(one, detector.card, picture) for one in answer]
    except DetectorFailed:
        raise
    except InvalidInput as error:
        raise InvalidFindings from error
    except Exception as error:
        raise DetectorFailed from error


def _checked(found: Detection, card: ModelCard, picture: Picture) -> Detection:
    """The same finding in plain numbers, cut to the picture; raises InvalidInput or InvalidFindings."""
    plain = Detection.from_json(found.to_json())
    height, width = picture.shape[:2]
    inside: Box | None = clip(plain.location, width, height)
    if inside is None or plain.condition not in card.conditions:
        raise InvalidFindings
    return Detection(plain.condition, plain.confidence, inside, plain.tooth)


def _diagnosis(findings: Sequence[Detection], card: ModelCard, quality: Quality) -> str:
    """For example "Possible tooth decay (2 places) and tartar; a dentist must confirm.", by urgency."""
    places = Counter(Condition(one.condition) for one in findings)
    order = ("urgent", "soon", "routine", "none")
    ranked = sorted(places, key=lambda condition: (order.index(TEXTS[condition].urgency), -places[condition]))
    names = [
        TEXTS[condition].english + (f" ({places[condition]} places)" if places[condition] > 1 else "")
        for condition in ranked
    ]
    if names:
        text = f"Possible {_listed(names, 'and')}; a dentist must confirm."
    else:
        sought = [TEXTS[one].english for one in card.conditions if one != Condition.SOUND_TOOTH]
        found_no = f"No sign of {_listed(sought, 'or')} found"
        text = f"{found_no}, which does not rule it out; a dentist must confirm."
    if quality.sharpness < BLURRED:
        text += " The picture is blurred: a sharper one may show more."
    return text


def _listed(names: Sequence[str], word: str) -> str:
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _metadata(
    card: ModelCard, modality: Modality, photo_type: str, milliseconds: float, quality: Quality
) -> dict[str, JSON]:
    unseen = [one for one, text in TEXTS.items() if text.abnormal and one not in card.conditions]
    return {
        "model": card.id,
        "version": card.version,
        "digest": card.sha256,
        "inputSize": card.input_size,
        "milliseconds": round(milliseconds, 1),
        "modality": str(modality),
        "photoType": photo_type,
        "quality": {
            "laplacianVariance": round(quality.sharpness, 2),
            "meanExposure": round(quality.exposure, 3),
            "clippedHighlights": round(quality.clipped, 4),
        },
        "couldNotSee": [str(one) for one in unseen],
    }
