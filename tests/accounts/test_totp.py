from __future__ import annotations

import base64
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dentalization.accounts import totp
from dentalization.signing import Signer

# RFC 6238, appendix B: moment, algorithm, code of eight digits.
VECTORS = [
    (59, "sha1", "94287082"),
    (59, "sha256", "46119246"),
    (59, "sha512", "90693936"),
    (1111111109, "sha1", "07081804"),
    (1111111109, "sha256", "68084774"),
    (1111111109, "sha512", "25091201"),
    (1111111111, "sha1", "14050471"),
    (1111111111, "sha256", "67062674"),
    (1111111111, "sha512", "99943326"),
    (1234567890, "sha1", "89005924"),
    (1234567890, "sha256", "91819424"),
    (1234567890, "sha512", "93441116"),
    (2000000000, "sha1", "69279037"),
    (2000000000, "sha256", "90698825"),
    (2000000000, "sha512", "38618901"),
    (20000000000, "sha1", "65353130"),
    (20000000000, "sha256", "77737706"),
    (20000000000, "sha512", "47863826"),
]
SEEDS = {"sha1": 20, "sha256": 32, "sha512": 64}
SIGNER = Signer("a secret of the server, as long as it must be")


@pytest.mark.parametrize(("moment", "algorithm", "code"), VECTORS)
def test_the_vectors_of_the_rfc(moment: int, algorithm: str, code: str) -> None:
    secret = (b"1234567890" * 7)[: SEEDS[algorithm]]
    assert totp.code_at(secret, totp.step_at(moment), digits=8, algorithm=algorithm) == code


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**35), st.integers(-4, 4))
def test_one_step_either_side_is_taken_and_none_further(secret: bytes, moment: int, away: int) -> None:
    moment += 10 * totp.STEP_SECONDS
    shown = totp.step_at(moment) + away
    found = totp.matching_step(secret, totp.code_at(secret, shown), seconds=moment)
    near = range(totp.step_at(moment) - 1, totp.step_at(moment) + 2)
    if abs(away) <= totp.TOLERANCE:
        assert found is not None
        assert totp.code_at(secret, found) == totp.code_at(secret, shown)
    elif totp.code_at(secret, shown) not in {totp.code_at(secret, step) for step in near}:
        assert found is None


@given(st.text(max_size=12))
def test_nothing_that_is_typed_is_an_error(typed: str) -> None:
    found = totp.matching_step(b"x" * 20, typed, seconds=1000.0)
    assert found is None or "".join(typed.split()) == totp.code_at(b"x" * 20, found)


@given(st.binary(min_size=20, max_size=20), st.text(min_size=1, max_size=30))
def test_sealing_has_an_inverse_for_the_same_person_and_server_only(secret: bytes, user: str) -> None:
    kept = totp.sealed(SIGNER, secret, user_id=user)
    assert totp.unsealed(SIGNER, kept, user_id=user) == secret
    assert totp.unsealed(SIGNER, kept, user_id=f"{user}x") is None
    assert totp.unsealed(Signer("another secret"), kept, user_id=user) is None
    data = base64.b64decode(kept)
    assert secret not in data
    changed = base64.b64encode(data[:-1] + bytes([data[-1] ^ 1])).decode()
    assert totp.unsealed(SIGNER, changed, user_id=user) is None


def test_the_address_for_apps_carries_what_they_need() -> None:
    secret = totp.new_secret()
    found = urlsplit(totp.uri(secret, email="siti+teeth@example.com"))
    assert (found.scheme, found.netloc) == ("otpauth", "totp")
    assert unquote(found.path) == "/Dentalization:siti+teeth@example.com"
    asked = {name: values[0] for name, values in parse_qs(found.query).items()}
    assert asked == {
        "secret": totp.written(secret),
        "issuer": "Dentalization",
        "algorithm": "SHA1",
        "digits": "6",
        "period": "30",
    }
    assert len(secret) * 8 == 160
    assert base64.b32decode(asked["secret"]) == secret


def test_a_key_of_one_purpose_is_none_of_another() -> None:
    assert SIGNER.key("a") == SIGNER.key("a") != SIGNER.key("b")
    assert len(SIGNER.key("a")) == 32
