from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dentalization.dentistry import teeth
from dentalization.errors import InvalidInput

any_tooth = st.sampled_from(sorted(teeth.TEETH))


def test_there_are_32_permanent_and_20_deciduous_teeth() -> None:
    assert (len(set(teeth.PERMANENT)), len(set(teeth.DECIDUOUS)), len(teeth.TEETH)) == (32, 20, 52)


@given(any_tooth)
def test_universal_is_inverse(fdi: str) -> None:
    assert teeth.from_universal(teeth.to_universal(fdi)) == fdi


@given(any_tooth)
def test_palmer_is_inverse(fdi: str) -> None:
    assert teeth.from_palmer(teeth.to_palmer(fdi)) == fdi


@pytest.mark.parametrize(
    ("fdi", "universal", "palmer"),
    [
        ("18", "1", "UR8"), ("11", "8", "UR1"), ("21", "9", "UL1"), ("28", "16", "UL8"),
        ("38", "17", "LL8"), ("31", "24", "LL1"), ("41", "25", "LR1"), ("48", "32", "LR8"),
        ("55", "A", "URE"), ("51", "E", "URA"), ("65", "J", "ULE"), ("75", "K", "LLE"), ("85", "T", "LRE"),
    ],
)  # fmt: skip
def test_known_teeth(fdi: str, universal: str, palmer: str) -> None:
    assert (teeth.to_universal(fdi), teeth.to_palmer(fdi)) == (universal, palmer)


@given(st.text(max_size=3).filter(lambda text: text not in teeth.TEETH))
def test_what_is_no_tooth_is_refused(text: str) -> None:
    all_of_fdi = (teeth.is_deciduous, teeth.to_universal, teeth.to_palmer, teeth.name_en, teeth.name_id)
    for function in all_of_fdi:
        with pytest.raises(InvalidInput, match="FDI"):
            function(text)


@pytest.mark.parametrize("universal", ["0", "33", "U", "a", ""])
def test_what_is_not_universal_is_refused(universal: str) -> None:
    with pytest.raises(InvalidInput, match="Universal"):
        teeth.from_universal(universal)


@pytest.mark.parametrize("palmer", ["UR9", "URF", "XX1", ""])
def test_what_is_not_palmer_is_refused(palmer: str) -> None:
    with pytest.raises(InvalidInput, match="Palmer"):
        teeth.from_palmer(palmer)


def test_names_are_right_and_unlike() -> None:
    assert teeth.name_en("16") == "upper right first molar"
    assert teeth.name_id("16") == "gigi geraham besar pertama kanan atas"
    assert teeth.name_en("73") == "lower left primary canine"
    assert teeth.name_id("73") == "gigi taring susu kiri bawah"
    for name in (teeth.name_en, teeth.name_id):
        assert len({name(fdi) for fdi in teeth.TEETH}) == 52


def test_deciduous() -> None:
    assert {fdi for fdi in teeth.TEETH if teeth.is_deciduous(fdi)} == set(teeth.DECIDUOUS)


def test_surfaces_are_their_own_words() -> None:
    assert teeth.Surface("mesial") is teeth.Surface.MESIAL
    assert str(teeth.Surface.OCCLUSAL) == "occlusal"
