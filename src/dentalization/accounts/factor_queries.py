"""Every statement about second factors, their challenges, and confirmations of sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Interval,
    Text,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from dentalization.accounts.factor_tables import (
    FactorChallenge,
    Passkey,
    RecoveryCode,
    SessionConfirmation,
    TotpFactor,
)
from dentalization.accounts.tables import Session, User
from dentalization.db.query import Query
from dentalization.db.row import columns, row


@row
class Held:
    """Which kinds of factor an account has; a totp counts once it is confirmed."""

    totp: bool
    passkey: bool

    @property
    def any(self) -> bool:
        return self.totp or self.passkey


@row
class TotpRow:
    secret: str
    last_step: int
    confirmed_at: datetime | None


@row
class PasskeyRow:
    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


@row
class PasskeyOnFile:
    """What is needed to verify an answer of the passkey."""

    id: str
    credential_id: str
    public_key: str
    sign_count: int


@row
class Challenge:
    challenge: str


@row
class Left:
    count: int


@row
class Credentials:
    """Of the actor's own account."""

    email: str
    password: str


@row
class Confirmation:
    confirmed_at: datetime


_user = bindparam("user_id", type_=Text)

HELD = Query(
    select(
        exists(
            select(TotpFactor.user_id).where(
                TotpFactor.user_id == _user, TotpFactor.confirmed_at.is_not(None)
            )
        ).label("totp"),
        exists(select(Passkey.id).where(Passkey.user_id == _user)).label("passkey"),
    ),
    row=Held,
)

# The same account locks here, so that two enrolments cannot both find that they are the first.
LOCK_ACCOUNT = Query[Any](select(func.pg_advisory_xact_lock(func.hashtextextended(_user, 0))))

_new_totp = insert(TotpFactor).values(user_id=_user, secret=bindparam("secret"))
BEGIN_TOTP = Query[Any](
    _new_totp.on_conflict_do_update(
        index_elements=["user_id"],
        set_={"secret": _new_totp.excluded.secret, "created_at": func.now()},
        where=TotpFactor.confirmed_at.is_(None),
    )
)
TOTP = Query(select(*columns(TotpRow, TotpFactor)).where(TotpFactor.user_id == _user), row=TotpRow)
CONFIRM_TOTP = Query[Any](
    update(TotpFactor)
    .where(
        TotpFactor.user_id == _user,
        TotpFactor.secret == bindparam("shown", type_=Text),
        TotpFactor.confirmed_at.is_(None),
    )
    .values(confirmed_at=func.now(), last_step=bindparam("step", type_=BigInteger))
)
# Of several with the same code one finds an older step in the row; the others wait for it and find this one.
SPEND_STEP = Query[Any](
    update(TotpFactor)
    .where(
        TotpFactor.user_id == _user,
        TotpFactor.confirmed_at.is_not(None),
        TotpFactor.last_step < bindparam("step", type_=BigInteger),
    )
    .values(last_step=bindparam("step", type_=BigInteger))
)
REMOVE_TOTP = Query[Any](delete(TotpFactor).where(TotpFactor.user_id == _user))

FORGET_RECOVERY_CODES = Query[Any](delete(RecoveryCode).where(RecoveryCode.user_id == _user))
ADD_RECOVERY_CODES = Query[Any](
    insert(RecoveryCode).from_select(
        ["user_id", "code"],
        select(cast(_user, Text), func.unnest(bindparam("codes", type_=ARRAY(Text)))),
    )
)
SPEND_RECOVERY_CODE = Query[Any](
    delete(RecoveryCode).where(
        RecoveryCode.user_id == _user, RecoveryCode.code == bindparam("code", type_=Text)
    )
)
RECOVERY_CODES_LEFT = Query(
    select(func.count().label("count")).select_from(RecoveryCode).where(RecoveryCode.user_id == _user),
    row=Left,
)

ADD_PASSKEY = Query[Any](
    insert(Passkey).values(
        id=bindparam("id"),
        user_id=_user,
        name=bindparam("name"),
        credential_id=bindparam("credential_id"),
        public_key=bindparam("public_key"),
        sign_count=bindparam("sign_count"),
    )
)
PASSKEYS = Query(
    select(*columns(PasskeyRow, Passkey))
    .where(Passkey.user_id == _user)
    .order_by(Passkey.created_at, Passkey.id),
    row=PasskeyRow,
)
PASSKEYS_ON_FILE = Query(
    select(*columns(PasskeyOnFile, Passkey)).where(Passkey.user_id == _user), row=PasskeyOnFile
)
# An authenticator that counts has counted on; one that does not count says 0 for ever.
USE_PASSKEY = Query[Any](
    update(Passkey)
    .where(
        Passkey.id == bindparam("passkey_id", type_=Text),
        or_(
            Passkey.sign_count < bindparam("count", type_=BigInteger),
            (Passkey.sign_count == 0) & (bindparam("count", type_=BigInteger) == 0),
        ),
    )
    .values(sign_count=bindparam("count", type_=BigInteger), last_used_at=func.now())
)
REMOVE_PASSKEY = Query[Any](
    delete(Passkey).where(Passkey.id == bindparam("passkey_id", type_=Text), Passkey.user_id == _user)
)

ADD_CHALLENGE = Query[Any](
    insert(FactorChallenge).values(
        id=bindparam("id"),
        user_id=_user,
        purpose=bindparam("purpose"),
        challenge=bindparam("challenge"),
        expires_at=func.now() + cast(bindparam("lifetime"), Interval),
    )
)
SIGN_IN_CHALLENGE = Query(
    select(*columns(Challenge, FactorChallenge)).where(
        FactorChallenge.id == bindparam("id", type_=Text),
        FactorChallenge.purpose == literal("sign-in"),
        FactorChallenge.expires_at > func.now(),
    ),
    row=Challenge,
)
SPEND_SIGN_IN_CHALLENGE = Query(
    delete(FactorChallenge)
    .where(
        FactorChallenge.id == bindparam("id", type_=Text),
        FactorChallenge.user_id == _user,
        FactorChallenge.purpose == literal("sign-in"),
        FactorChallenge.expires_at > func.now(),
    )
    .returning(*columns(Challenge, FactorChallenge)),
    row=Challenge,
)
SPEND_ENROLMENT_CHALLENGE = Query[Any](
    delete(FactorChallenge).where(
        FactorChallenge.user_id == _user,
        FactorChallenge.challenge == bindparam("challenge", type_=Text),
        FactorChallenge.purpose == literal("enrolment"),
        FactorChallenge.expires_at > func.now(),
    )
)
FORGET_CHALLENGES = Query[Any](
    delete(FactorChallenge).where(
        FactorChallenge.user_id == _user, FactorChallenge.purpose == bindparam("purpose", type_=Text)
    )
)
END_OVER_CHALLENGES = Query[Any](delete(FactorChallenge).where(FactorChallenge.expires_at < func.now()))

_confirmation = insert(SessionConfirmation).values(session_id=bindparam("session_id"))
CONFIRM_SESSION = Query[Any](
    _confirmation.on_conflict_do_update(index_elements=["session_id"], set_={"confirmed_at": func.now()})
)
CONFIRMED_SINCE = Query(
    select(*columns(Confirmation, SessionConfirmation)).where(
        SessionConfirmation.session_id == bindparam("session_id", type_=Text),
        SessionConfirmation.confirmed_at > func.now() - cast(bindparam("lifetime"), Interval),
    ),
    row=Confirmation,
)

CREDENTIALS = Query(select(*columns(Credentials, User)).where(User.id == _user), row=Credentials)
# Only while the password is still the one that was shown: of two changes at once one wins.
CHANGE_PASSWORD = Query[Any](
    update(User)
    .where(User.id == _user, User.password == bindparam("shown", type_=Text))
    .values(password=bindparam("password_hash", type_=Text))
)
END_OTHER_SESSIONS = Query[Any](
    delete(Session).where(Session.user_id == _user, Session.id != bindparam("session_id", type_=Text))
)
