"""What can go wrong between a picture and its findings; a made-up result is never returned instead."""

from __future__ import annotations

from dentalization.errors import DentalizationError, InvalidInput


class VisionError(DentalizationError):
    """The picture could not be analysed."""

    code = "vision"


class UnreadablePicture(VisionError, InvalidInput):
    """This file cannot be read as a picture; send a complete JPEG, PNG or WebP of at most 50 megapixels."""

    code = "unreadable-picture"

    def __init__(self) -> None:
        InvalidInput.__init__(self, field="file")


class NoDetector(VisionError):
    """No detector can look at this kind of picture."""

    code = "no-detector"


class DetectorFailed(VisionError):
    """The detector failed on this picture; nothing can be said about it."""

    code = "detector-failed"


class InvalidFindings(DetectorFailed):
    """The detector answered something that is no valid finding; nothing of it is used."""

    code = "invalid-findings"


class DatasetRefused(VisionError, InvalidInput):
    """This data set cannot be used."""

    code = "dataset-refused"
