"""Letters as a test meets them: sent by the job's own code, read from the folder that they go to."""

from __future__ import annotations

import email
import re
from email.message import EmailMessage
from email.policy import default
from typing import cast

import psycopg

from dentalization.accounts import mailing
from dentalization.accounts.letters import Letter
from dentalization.context import Context
from dentalization.mail.folder import FolderMailer

Owner = psycopg.Connection[tuple[object, ...]]


async def post(context: Context, owner: Owner) -> int:
    """Sends every letter that waits; returns how many jobs there were."""
    jobs = owner.execute(
        """WITH waiting AS (DELETE FROM procrastinate_jobs WHERE task_name = %s RETURNING id, args)
           SELECT args->>'letter', args->>'token_id', args->>'language' FROM waiting ORDER BY id""",
        (mailing.TASK,),
    ).fetchall()
    for letter, token_id, language in jobs:
        await mailing.deliver(
            context.db,
            context.mailer,
            letter=Letter(str(letter)),
            token_id=str(token_id),
            language=str(language),
            public_url=context.settings.public_url,
        )
    return len(jobs)


def letters_to(context: Context, address: str) -> list[EmailMessage]:
    """The oldest first."""
    assert isinstance(context.mailer, FolderMailer)
    files = sorted(context.mailer.folder.glob("*.eml"))
    found = [
        cast("EmailMessage", email.message_from_bytes(file.read_bytes(), policy=default)) for file in files
    ]
    return [letter for letter in found if letter["To"] == address]


def link_in(letter: EmailMessage) -> str:
    """Path and query of the first link."""
    found = re.search(r"http://testserver(\S+)", letter.get_content())
    assert found, letter.get_content()
    return found[1]


def token_in(letter: EmailMessage) -> str:
    return link_in(letter).partition("token=")[2]


async def token_for(context: Context, owner: Owner, address: str) -> str:
    """Sends what waits; the token of the newest letter to ``address``."""
    await post(context, owner)
    return token_in(letters_to(context, address)[-1])
