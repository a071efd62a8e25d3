"""Telephone numbers are kept as E.164."""

from __future__ import annotations

import phonenumbers

from dentalization.profiles.errors import InvalidPhone

LONGEST = 20
"""As in the spec, whose column would have been so wide; ours is a sealed text."""
_HOME_REGION = "ID"  # a number without a country code is an Indonesian one: 08… becomes +628…


def e164(number: str, *, field: str) -> str:
    """Raises InvalidPhone for what is no possible number of any country."""
    try:
        parsed = phonenumbers.parse(number, _HOME_REGION)
    except phonenumbers.NumberParseException:
        raise InvalidPhone(field=field) from None
    if not phonenumbers.is_possible_number(parsed):
        raise InvalidPhone(field=field)
    kept = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if len(kept) > LONGEST:
        raise InvalidPhone(field=field)
    return kept
