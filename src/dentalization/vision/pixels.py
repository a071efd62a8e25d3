"""The detectors that come with the program: rules on pixels, one for x-rays and one for photos."""

from __future__ import annotations

from dentalization.vision.detector import Detector
from dentalization.vision.photo import PhotoDetector
from dentalization.vision.radiograph import RadiographDetector


def pixel_detectors() -> tuple[Detector, ...]:
    return RadiographDetector(), PhotoDetector()
