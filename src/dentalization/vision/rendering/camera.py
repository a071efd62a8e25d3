"""What a camera makes of a scene: light, focus, movement, noise, compression."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from dentalization.vision.rendering.canvas import Canvas


def photograph(canvas: Canvas) -> NDArray[np.uint8]:
    """Height x width x 3, 0 to 255."""
    rng = canvas.rng
    pixels = canvas.pixels
    x, y = canvas.x / canvas.width - 0.5, canvas.y / canvas.height - 0.5
    slope = rng.normal(0, 0.25) * x + rng.normal(0, 0.25) * y
    vignette = rng.uniform(0, 0.9) * (x**2 + y**2)
    pixels = pixels * (1 + slope - vignette)[..., None]
    pixels = pixels * rng.normal(1, 0.06, 3).astype(np.float32)
    pixels = 255 * (pixels.clip(0, 255) / 255) ** np.exp(rng.normal(0, 0.18)) * rng.uniform(0.85, 1.18)
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(float(rng.choice([0.4, 0.8, 1.3], p=[0.5, 0.35, 0.15]))))
    taken = np.asarray(image, dtype=np.float32)
    taken = taken + rng.normal(0, rng.uniform(0.5, 7), (*taken.shape[:2], 1)).astype(np.float32)
    file = io.BytesIO()
    Image.fromarray(taken.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=int(rng.integers(45, 95)))
    return np.asarray(Image.open(file).convert("RGB"))
