"""One picture, looked at by the model for its kind: findings in words, and what is known about them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from dentalization import tracing
from dentalization.dentistry.boxes import JSON, Detection, clip
from dentalization.dentistry.conditions import TEXTS, Condition
from dentalization.errors import InvalidInput
from dentalization.metrics import MODEL_FAILURES, MODEL_SECONDS
from dentalization.vision.card import Modality, ModelCard
from dentalization.vision.confidence import Found, reported
from dentalization.vision.detector import Detector, Picture
from dentalization.vision.errors import DetectorFailed, InvalidFindings, PictureRefused, VisionError
from dentalization.vision.picture import modality_of, read_picture
from dentalization.vision.quality import Quality, gate, quality_of
from dentalization.vision.wording import LANGUAGES, compose, no_model


@dataclass(frozen=True, slots=True)
class Analysis:
    """`diagnosis` is in English; `metadata["texts"]` has it in every language.

    `confidence` is that of the surest finding. Where nothing was found it is the model's measured share of
    truly clear pictures among those in which it found nothing, and 0 where that was never measured or no
    model looked: silence then says nothing.
    """

    diagnosis: str
    confidence: float
    detections: tuple[Detection, ...]
    metadata: dict[str, JSON]


def analyse(picture_bytes: bytes, *, photo_type: str, detectors: Sequence[Detector]) -> Analysis:
    """Looks with the first of `detectors` that is made for this kind of picture.

    Where there is none the analysis says so and leaves the picture to the dentist. Raises UnreadablePicture,
    PictureRefused for one that is too poor or not of the declared kind, DetectorFailed, and InvalidFindings
    when the model's answer is not valid.
    """
    picture = read_picture(picture_bytes)
    quality = quality_of(picture)
    modality = modality_of(photo_type, quality.colour)
    refusals = gate(quality, modality)
    if refusals:
        raise PictureRefused(refusals)
    facts: dict[str, JSON] = {
        "modality": str(modality),
        "photoType": photo_type,
        "quality": _measures(quality),
    }
    detector = next((one for one in detectors if modality in one.card.modalities), None)
    if detector is None:
        return _unseen(facts)
    started = time.perf_counter()
    found = _detect(detector, picture)
    milliseconds = (time.perf_counter() - started) * 1000
    # A tooth that looks sound is no finding: it neither makes a diagnosis nor lends it confidence.
    detections = tuple(one.detection for one in found)
    findings = [one for one in detections if one.condition != Condition.SOUND_TOOTH]
    facts["scores"] = [round(one.score, 6) for one in found]
    facts["milliseconds"] = round(milliseconds, 1)
    texts = _texts(findings, detector.card, picture, modality)
    return Analysis(
        diagnosis=str(texts[LANGUAGES[0]]),
        confidence=max((one.confidence for one in findings), default=detector.card.clear_is_clear or 0.0),
        detections=detections,
        metadata={**_described(detector.card), **facts, "texts": texts},
    )


@dataclass(frozen=True, slots=True)
class ShadowLook:
    """What one model that looks on unseen would have said, with raw scores; `reason` where it could not."""

    card: ModelCard
    detections: tuple[Detection, ...]
    scores: tuple[float, ...]
    milliseconds: float
    reason: str | None


def look_on(picture_bytes: bytes, *, photo_type: str, detectors: Sequence[Detector]) -> list[ShadowLook]:
    """Every one of `detectors` that is made for this kind of picture; their failures are told, not raised.

    Raises UnreadablePicture.
    """
    picture = read_picture(picture_bytes)
    modality = modality_of(photo_type, quality_of(picture).colour)
    return [_look(one, picture) for one in detectors if modality in one.card.modalities]


def _look(detector: Detector, picture: Picture) -> ShadowLook:
    started = time.perf_counter()
    found: list[Found] = []
    reason = None
    try:
        found = _detect(detector, picture)
    except VisionError as error:
        reason = error.message
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    return ShadowLook(
        detector.card,
        tuple(one.detection for one in found),
        tuple(one.score for one in found),
        milliseconds,
        reason,
    )


def _unseen(facts: dict[str, JSON]) -> Analysis:
    texts: dict[str, JSON] = {language: no_model(language) for language in LANGUAGES}
    unseen: list[JSON] = [str(one) for one, text in TEXTS.items() if text.abnormal]
    nobody: dict[str, JSON] = {"model": None, "version": None, "digest": None, "couldNotSee": unseen}
    return Analysis(
        diagnosis=str(texts[LANGUAGES[0]]),
        confidence=0.0,
        detections=(),
        metadata={**nobody, **facts, "texts": texts},
    )


def _texts(
    findings: Sequence[Detection], card: ModelCard, picture: Picture, modality: Modality
) -> dict[str, JSON]:
    height, width = picture.shape[:2]
    return {
        language: compose(
            findings,
            conditions=card.conditions,
            width=width,
            height=height,
            modality=modality,
            language=language,
        )
        for language in LANGUAGES
    }


def _detect(detector: Detector, picture: Picture) -> list[Found]:
    names = (detector.card.id, detector.card.version)
    try:
        with (
            tracing.span(f"model {detector.card.id}", facts={"model.version": detector.card.version}),
            MODEL_SECONDS.labels(*names).time(),
            MODEL_FAILURES.labels(*names).count_exceptions(),
        ):
            return reported(
                [_checked(one, detector.card, picture) for one in detector.scored(picture)], detector.card
            )
    except VisionError:
        raise
    except InvalidInput as error:
        raise InvalidFindings from error
    except Exception as error:
        raise DetectorFailed from error


def _checked(found: Detection, card: ModelCard, picture: Picture) -> Detection:
    """The same finding in plain numbers, cut to the picture; raises InvalidInput or InvalidFindings."""
    plain = Detection.from_json(found.to_json())
    height, width = picture.shape[:2]
    inside = clip(plain.location, width, height)
    if inside is None or plain.condition not in card.conditions:
        raise InvalidFindings
    return Detection(plain.condition, plain.confidence, inside, plain.tooth)


def _described(card: ModelCard) -> dict[str, JSON]:
    unseen = [one for one, text in TEXTS.items() if text.abnormal and one not in card.conditions]
    return {
        "model": card.id,
        "version": card.version,
        "digest": card.sha256,
        "inputSize": card.input_size,
        "couldNotSee": [str(one) for one in unseen],
    }


def _measures(quality: Quality) -> dict[str, JSON]:
    return {
        "laplacianVariance": round(quality.sharpness, 2),
        "meanExposure": round(quality.exposure, 3),
        "clippedHighlights": round(quality.clipped, 4),
    }
