"""From upload to diagnosis, through the real program: how long, and how much memory a worker needs.

python -m tests.benchmarks.uploads [--uploads N] [--at-once N] [--pictures FOLDER] [--json FILE]
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image
from tests.program import V1, Running, demo_program

from dentalization.settings import from_environment
from dentalization.vision.drawing import draw_panoramic
from dentalization.vision.picture import read_picture
from dentalization.vision.registry import Registry


def pictures_of(folder: Path | None) -> list[bytes]:
    if folder is not None:
        return [path.read_bytes() for path in sorted(folder.glob("*.jpg"))[:40]]
    drawn = []
    for number in range(8):
        file = io.BytesIO()
        draw_panoramic(number).picture.save(file, "JPEG", quality=88)
        drawn.append(file.getvalue())
    return drawn


def varied(picture: bytes, number: int) -> bytes:
    """Never the same bytes twice, as nobody sends the same photo twice."""
    pixels = np.array(Image.open(io.BytesIO(picture)).convert("RGB"))
    pixels[0, 0] = (number % 256, number // 256 % 256, 7)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def upload(running: Running, headers: dict[str, str], picture: bytes) -> float:
    """Seconds from the first byte of the photo to the diagnosis."""
    with httpx.Client(base_url=str(running.client.base_url), timeout=60, headers=headers) as client:
        started = time.perf_counter()
        photo = client.post(f"{V1}/photos", files={"file": picture}, data={"photoType": "panoramic"})
        photo.raise_for_status()
        made = client.post(
            f"{V1}/diagnoses", headers={"Prefer": "wait=30"}, json={"photoId": photo.json()["id"]}
        )
        seconds = time.perf_counter() - started
        made.raise_for_status()
        if made.status_code != 201:
            raise RuntimeError(f"no diagnosis within 30 s: {made.text}")
        return seconds


def peaks(home: Path) -> dict[str, float]:
    """Peak memory (VmHWM) of the program's processes that carry this home, in megabytes, largest by role."""
    found: dict[str, float] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            status = (process / "status").read_text()
        except OSError:
            continue
        if str(home).encode() not in environment or "python" not in command:
            continue
        peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), "0")
        role = next((one for one in (" worker", "spawn_main", "serve") if one in command), "other").strip()
        role = {"spawn_main": "model or picture process"}.get(role, role)
        found[role] = max(found.get(role, 0.0), int(peak) / 1024)
    return found


def inference(pictures: list[bytes], threads: int) -> list[float]:
    """Milliseconds a picture for the shipped panoramic model alone: letterbox, network, boxes."""
    registry = Registry(Path(tempfile.mkdtemp()))
    (model,) = (one for one in registry.open_live(threads=threads) if "panoramic" in one.card.modalities)
    times = []
    try:
        for picture in [read_picture(one) for one in pictures[:8]] * 6:
            started = time.perf_counter()
            model.scored(picture)
            times.append((time.perf_counter() - started) * 1000)
    finally:
        model.close()
    return times[8:]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--uploads", type=int, default=80)
    options.add_argument("--at-once", type=int, default=4)
    options.add_argument("--pictures", type=Path)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    pictures = pictures_of(chosen.pictures)
    alone = inference(pictures, from_environment().model_threads)
    sent = [varied(pictures[number % len(pictures)], number) for number in range(chosen.uploads + 8)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with demo_program(folder) as running:
            headers = running.sign_in("patient@example.com", "patient123")
            with ThreadPoolExecutor(chosen.at_once) as crowd:
                list(crowd.map(lambda one: upload(running, headers, one), sent[:8]))
                times = sorted(crowd.map(lambda one: upload(running, headers, one), sent[8:]))
            memory = peaks(folder / "home")
    result: dict[str, Any] = {
        "uploads": len(times),
        "atOnce": chosen.at_once,
        "uploadToDiagnosisSeconds": {
            "median": round(statistics.median(times), 3),
            "p95": round(times[int(0.95 * len(times))], 3),
            "most": round(times[-1], 3),
        },
        "inferenceMilliseconds": {
            "median": round(statistics.median(alone), 1),
            "p95": round(sorted(alone)[int(0.95 * len(alone))], 1),
        },
        "peakMegabytes": {role: round(one) for role, one in sorted(memory.items())},
    }
    print(json.dumps(result, indent=2))
    if chosen.json:
        chosen.json.write_text(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
