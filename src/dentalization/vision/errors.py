"""What can go wrong between a picture and its findings; a made-up result is never returned instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dentalization.errors import DentalizationError, InvalidInput


class VisionError(DentalizationError):
    """The picture could not be analysed."""

    code = "vision"


class UnreadablePicture(VisionError, InvalidInput):
    """This file cannot be read as a picture; send a complete JPEG, PNG or WebP of at most 50 megapixels."""

    code = "unreadable-picture"

    def __init__(self) -> None:
        InvalidInput.__init__(self, field="file")


class DetectorFailed(VisionError):
    """The detector failed on this picture; nothing can be said about it."""

    code = "detector-failed"


class InvalidFindings(DetectorFailed):
    """The detector answered something that is no valid finding; nothing of it is used."""

    code = "invalid-findings"


class DatasetRefused(VisionError, InvalidInput):
    """This data set cannot be used."""

    code = "dataset-refused"


class CardRefused(VisionError, InvalidInput):
    """This model card is not valid."""

    code = "card-refused"


class ModelRefused(VisionError, InvalidInput):
    """This model does not do what its card says."""

    code = "model-refused"


class OutputRefused(DetectorFailed):
    """The model answered something that its adapter cannot read; nothing of it is used."""

    code = "output-refused"


class Refusal(Protocol):
    """Why a picture is refused, and what to do, in English and Indonesian; see vision.quality."""

    @property
    def code(self) -> str: ...

    @property
    def english(self) -> str: ...

    @property
    def indonesian(self) -> str: ...


class PictureRefused(VisionError, InvalidInput):
    """This picture cannot be judged."""

    code = "picture-refused"

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        InvalidInput.__init__(self, " ".join(one.english for one in refusals), field="file")
        self.refusals = tuple(refusals)


class RemoteUnavailable(DetectorFailed):
    """The inference server cannot be reached or is not ready; the picture was not analysed."""

    code = "remote-unavailable"


class RemoteAnswerInvalid(DetectorFailed):
    """The inference server answered something that is not valid; nothing of it is used."""

    code = "remote-answer-invalid"
