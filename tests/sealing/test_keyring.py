"""What a key ring seals it opens again, and nothing that was changed or moved."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dentalization.sealing.errors import BadKeys, ChangedValue, UnknownKey
from dentalization.sealing.keyfile import add_key, open_keyring
from dentalization.sealing.keyring import Key, Keyring, key_of

PLACE, OWNER = "patient_profiles.allergies", "c1"
RING = Keyring([Key.new()])
# What PostgreSQL's text can hold: no NUL and no lone surrogates.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(texts)
def test_what_is_sealed_opens_again(text: str) -> None:
    value = RING.seal(text, PLACE, OWNER)
    assert value.isascii()
    assert value.isprintable()
    assert key_of(value) == RING.current.id
    assert RING.unseal(value, PLACE, OWNER) == text
    assert value != RING.seal(text, PLACE, OWNER), "equal texts do not look equal"


@given(texts, st.integers(min_value=0), st.integers(1, 127))
def test_no_changed_character_goes_unnoticed(text: str, number: int, shift: int) -> None:
    value = RING.seal(text, PLACE, OWNER)
    # Without its mark it would be a text that was never sealed, as an older row has.
    place = len("sealed:1:") + number % (len(value) - len("sealed:1:"))
    other = chr((ord(value[place]) + shift) % 128)
    with pytest.raises((ChangedValue, UnknownKey)) as refused:
        RING.unseal(value[:place] + other + value[place + 1 :], PLACE, OWNER)
    assert not text or len(text) < 3 or text not in refused.value.message


def test_a_later_version_is_not_taken_for_plain_text() -> None:
    value = RING.seal("penicillin", PLACE, OWNER).replace("sealed:1:", "sealed:2:")
    with pytest.raises(ChangedValue):
        RING.unseal(value, PLACE, OWNER)


def test_every_flipped_bit_of_the_sealed_bytes_is_noticed() -> None:
    value = RING.seal("penicillin", PLACE, OWNER)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    start = value.rindex(":") + 1
    for place in range(start, len(value)):
        for bit in range(6):
            other = alphabet[alphabet.index(value[place]) ^ (1 << bit)]
            with pytest.raises(ChangedValue):
                RING.unseal(value[:place] + other + value[place + 1 :], PLACE, OWNER)


@pytest.mark.parametrize(("ours", "other"), ["-+", "_/"])
def test_a_value_is_written_in_one_way_only(ours: str, other: str) -> None:
    value = RING.seal("penicillin" * 500, PLACE, OWNER)
    assert ours in value
    with pytest.raises(ChangedValue):
        RING.unseal(value.replace(ours, other, 1), PLACE, OWNER)


@given(texts, st.integers(min_value=0))
def test_a_shortened_value_does_not_open(text: str, length: int) -> None:
    value = RING.seal(text, PLACE, OWNER)
    start = len("sealed:1:")
    with pytest.raises(ChangedValue):
        RING.unseal(value[: start + length % (len(value) - start)], PLACE, OWNER)


@pytest.mark.parametrize(
    ("place", "owner"), [(PLACE, "c2"), ("patient_profiles.medications", OWNER), ("patient_profiles", "")]
)
def test_a_value_opens_only_where_it_belongs(place: str, owner: str) -> None:
    value = RING.seal("penicillin", PLACE, OWNER)
    with pytest.raises(ChangedValue) as refused:
        RING.unseal(value, place, owner)
    assert "penicillin" not in refused.value.message


@given(texts)
def test_a_text_that_was_never_sealed_is_read_as_it_is(text: str) -> None:
    for plain in (text, f"sealed: {text}", f"sealed {text}"):
        if key_of(plain) is None:
            assert RING.unseal(plain, PLACE, OWNER) == plain


def test_lengths_tell_little() -> None:
    def length(text: str) -> int:
        return len(RING.seal(text, PLACE, OWNER))

    assert length("") == length("never") == length("former") == length("daily, ten a day")


def test_the_first_key_seals_and_each_opens_its_own() -> None:
    old, new = Key.new(), Key.new()
    sealed = Keyring([old]).seal("penicillin", PLACE, OWNER)
    both = Keyring([new, old])
    assert both.unseal(sealed, PLACE, OWNER) == "penicillin"
    assert key_of(both.seal("penicillin", PLACE, OWNER)) == new.id
    with pytest.raises(UnknownKey, match=old.id):
        Keyring([new]).unseal(sealed, PLACE, OWNER)
    with pytest.raises(ChangedValue):  # the right id on another key
        Keyring([Key(old.id, bytes(32))]).unseal(sealed, PLACE, OWNER)


def test_a_blind_index_knows_equal_values_by_one_key_and_one_place() -> None:
    key = Key.new()
    digest = key.digest("+6281234567890", PLACE)
    assert digest == Key.parse(key.text).digest("+6281234567890", PLACE)
    assert "81234567890" not in digest
    others = {key.digest("+6281234567891", PLACE), key.digest("+6281234567890", "doctor_profiles.phone")}
    assert len({digest, *others, Key.new().digest("+6281234567890", PLACE)}) == 4
    assert Keyring([Key.new(), key]).digests("+6281234567890", PLACE)[1] == digest


KEY = Key.new().text


@pytest.mark.parametrize(
    "wrong", [[], [KEY, KEY], [KEY[:-4]], ["k1"], ["k 1:" + KEY[9:]], [KEY + "é"], [":"]]
)
def test_wrong_keys_are_refused_without_being_quoted(wrong: list[str]) -> None:
    with pytest.raises(BadKeys) as refused:
        Keyring.parse(wrong)
    assert "id:base64" in refused.value.message
    assert not any(len(text) > 8 and text in refused.value.message for text in wrong)


@given(st.binary(min_size=32, max_size=32))
def test_a_key_written_down_is_the_same_key(secret: bytes) -> None:
    key = Key("k1", secret)
    sealed = Keyring([key]).seal("penicillin", PLACE, OWNER)
    for text in (key.text, key.text.replace("+", "-").replace("/", "_")):
        assert Keyring.parse([text]).unseal(sealed, PLACE, OWNER) == "penicillin"


def test_the_file_is_made_once_and_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "home" / "field.keys"
    rings = []
    threads = [threading.Thread(target=lambda: rings.append(open_keyring(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({ring.current.id for ring in rings}) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_running_process_takes_up_a_key_that_is_added(tmp_path: Path) -> None:
    path = tmp_path / "field.keys"
    running, reading = open_keyring(path), open_keyring(path)
    before = running.seal("penicillin", PLACE, OWNER)
    made = add_key(path)
    assert running.current.id == made.id
    after = running.seal("penicillin", PLACE, OWNER)
    assert key_of(after) == made.id
    # One that only reads meets the new key first in a value.
    for value in (after, before):
        assert reading.unseal(value, PLACE, OWNER) == "penicillin"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.unlink()
    assert running.unseal(before, PLACE, OWNER) == "penicillin"


def test_keys_added_at_once_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "field.keys"
    first = open_keyring(path).current.id
    made: list[Key] = []
    threads = [threading.Thread(target=lambda: made.append(add_key(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(open_keyring(path).ids) == sorted([first, *(key.id for key in made)])
