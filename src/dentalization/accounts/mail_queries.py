"""Every statement about links by mail and verified addresses."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DateTime,
    Interval,
    Text,
    and_,
    bindparam,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from dentalization.accounts.mail_tables import MailPurpose, MailToken, VerifiedEmail
from dentalization.accounts.tables import User
from dentalization.db.base import native_enum
from dentalization.db.query import Query
from dentalization.db.row import columns, row


@row
class OpenedLink:
    """What a link would do, and the address that it was sent to."""

    purpose: MailPurpose | None
    email: str | None


@row
class UsedLink:
    id: str | None


@row
class ConfirmedLink:
    id: str | None
    purpose: MailPurpose | None
    email: str | None


@row
class Addresses:
    """Where a letter goes, and which address the link is to replace."""

    email: str
    replaces: str | None


@row
class OwnAccount:
    email: str
    password: str
    verified: bool | None


ASK_PASSWORD_RESET = Query[Any](
    select(
        func.app_ask_password_reset(
            bindparam("token_id", type_=Text),
            bindparam("email", type_=Text),
            bindparam("expires_at", type_=DateTime(timezone=True)),
        )
    )
)
_opened = func.app_open_mail_token(bindparam("digest", type_=Text)).table_valued(
    column("purpose", native_enum(MailPurpose)), column("email", Text)
)
OPEN_LINK = Query(select(_opened), row=OpenedLink)
RESET_PASSWORD = Query(
    select(
        func.app_reset_password(
            bindparam("digest", type_=Text), bindparam("password_hash", type_=Text), type_=Text
        ).label("id")
    ),
    row=UsedLink,
)
_confirmed = func.app_confirm_email(bindparam("digest", type_=Text)).table_valued(
    column("id", Text), column("purpose", native_enum(MailPurpose)), column("email", Text)
)
CONFIRM_EMAIL = Query(select(_confirmed), row=ConfirmedLink)

ADD_LINK = Query[Any](
    insert(MailToken).values(
        id=bindparam("id"),
        user_id=bindparam("user_id"),
        purpose=bindparam("purpose"),
        email=bindparam("email"),
        replaces=bindparam("replaces", type_=Text),
        expires_at=bindparam("expires_at"),
    )
)
# The token is made when the letter is written; a letter that comes too late is not written any more.
WRITE_LINK = Query(
    update(MailToken)
    .where(
        MailToken.id == bindparam("token_id"),
        MailToken.used_at.is_(None),
        MailToken.created_at > func.now() - cast(bindparam("lifetime"), Interval),
    )
    .values(digest=bindparam("new_digest"), expires_at=func.now() + cast(bindparam("lifetime"), Interval))
    .returning(*columns(Addresses, MailToken)),
    row=Addresses,
)
ADDRESSES = Query(
    select(*columns(Addresses, MailToken)).where(MailToken.id == bindparam("token_id")), row=Addresses
)
FORGET_OLD_LINKS = Query[Any](
    delete(MailToken).where(MailToken.expires_at < func.now() - cast(literal("7 days"), Interval))
)

is_verified = exists().where(and_(VerifiedEmail.user_id == User.id, VerifiedEmail.email == User.email))
"""Whether the account's present address has been shown to be its own."""

OWN_ACCOUNT = Query(
    select(*columns(OwnAccount, User, but="verified"), is_verified.label("verified")).where(
        User.id == bindparam("user_id")
    ),
    row=OwnAccount,
)
