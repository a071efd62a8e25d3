"""What a visitor does on many pages."""

from __future__ import annotations

import re

import httpx
from tests.people import People

from dentalization.accounts import passwords
from dentalization.db.ids import new_id

PASSWORD = "correct horse battery"


async def csrf(browser: httpx.AsyncClient, path: str) -> str:
    page = await browser.get(path)
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert found, page.text
    return found[1]


async def sign_in(browser: httpx.AsyncClient, email: str) -> httpx.Response:
    form = {"csrf": await csrf(browser, "/sign-in"), "email": email, "password": PASSWORD, "next": "/"}
    return await browser.post("/sign-in", data=form)


async def person(people: People, kind: str) -> str:
    email = f"{new_id()}@example.com"
    getattr(people, kind)(email=email, password=await passwords.hashed(PASSWORD))
    return email
