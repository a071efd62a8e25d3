from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.vision.onnx_models import one_box, write_model

from dentalization.dentistry.conditions import Condition
from dentalization.vision.card import CARD_FILE, card_text, parse_card, read_card
from dentalization.vision.errors import CardRefused


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    write_model(tmp_path, one_box())
    found: dict[str, Any] = json.loads((tmp_path / CARD_FILE).read_text())
    return found


def test_a_card_reads_back_as_it_was_written(document: dict[str, Any]) -> None:
    card = parse_card(json.dumps(document))
    assert parse_card(card_text(card)) == card
    assert card.conditions == (Condition.CARIES, Condition.FILLING)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("classes", ["caries", "unicorn"], "classes.1"),
        ("classes", [None], "classes names no condition"),
        ("sha256", "abc", "sha256"),
        ("file", "../../etc/passwd", "file"),
        ("file", "models/x.onnx", "file"),
        ("adapter", "ssd", "adapter"),
        ("modalities", [], "modalities"),
        ("modalities", ["xray"], "modalities.0"),
        ("thresholds", {"caries": 1.5}, "thresholds.caries"),
        ("thresholds", {"ulcer": 0.5}, "which is not among the classes"),
        ("calibration", {"caries": {"slope": -1}}, "calibration.caries.slope"),
        ("input", {"width": 64, "height": 0}, "input.height"),
        ("input", {"width": 64, "height": 64, "scale": [1, 0, 1]}, "input.scale must not be 0"),
        ("colour", "red", "colour"),
        ("limitations", "", "limitations"),
    ],
)
def test_a_wrong_card_is_refused_with_the_field(
    document: dict[str, Any], field: str, value: Any, words: str
) -> None:
    with pytest.raises(CardRefused, match="not valid") as caught:
        parse_card(json.dumps({**document, field: value}))
    assert words in caught.value.message


@pytest.mark.parametrize("missing", ["id", "sha256", "licence", "intended_use", "measured", "training_data"])
def test_a_card_that_keeps_something_back_is_refused(document: dict[str, Any], missing: str) -> None:
    del document[missing]
    with pytest.raises(CardRefused, match=missing):
        parse_card(json.dumps(document))


def test_what_is_no_json_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / CARD_FILE).write_bytes(b"\xff\xfe")
    for path in (tmp_path / CARD_FILE, tmp_path / "none.json", tmp_path):
        with pytest.raises(CardRefused):
            read_card(path)
    with pytest.raises(CardRefused, match="Invalid JSON"):
        parse_card("{")
