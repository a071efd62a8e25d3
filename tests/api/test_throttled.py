"""Every request counts, by account or by address, over all server processes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.conftest import Urls
from tests.people import People
from tests.program import V1, Running, free_port, serve, without_settings

from dentalization.accounts.tokens import access_token
from dentalization.api.app import create_app
from dentalization.api.throttled import budget_of
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.limits import network_of
from dentalization.signing import Signer

Headers = Callable[[Actor], dict[str, str]]
SECRET = "0123456789abcdef" * 4


@pytest.fixture
async def strict(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    """The application with small budgets."""
    limits = ("reading=8/600", "writing=4/600", "archives=2/600", "visitors=6/600")
    settings = replace(context.settings, request_limits=limits, trusted_proxies=1)
    app = create_app(replace(context, settings=settings))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


async def statuses(client: httpx.AsyncClient, path: str, times: int, headers: dict[str, str]) -> list[int]:
    return [(await client.get(path, headers=headers)).status_code for _ in range(times)]


async def test_an_account_has_its_budget_wherever_it_comes_from(
    strict: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    mine, other = signed_in(people.patient()), signed_in(people.patient())
    for number in range(8):
        answer = await strict.get(f"{V1}/me", headers={**mine, "X-Forwarded-For": f"192.0.2.{number}"})
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"reading";q=8;w=600'
        assert answer.headers["ratelimit"].startswith(f'"reading";r={7 - number};t=')
    refused = await strict.get(f"{V1}/me", headers=mine)
    assert (refused.status_code, refused.json()["title"]) == (429, "too-many-requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 600
    assert (await strict.get(f"{V1}/me", headers=other)).status_code == 200
    # Another kind of request has a budget of its own.
    assert (await strict.patch(f"{V1}/me/profile", headers=mine, json={})).status_code == 200


async def test_who_is_not_signed_in_is_counted_by_address(strict: httpx.AsyncClient) -> None:
    def of(address: str) -> dict[str, str]:
        return {"X-Forwarded-For": address}

    assert await statuses(strict, "/sign-in", 7, of("198.51.100.1")) == [200] * 6 + [429]
    assert await statuses(strict, "/sign-in", 1, of("198.51.100.2")) == [200]
    # A made-up token makes nobody an account.
    forged = {**of("198.51.100.1"), "Authorization": "Bearer made.up"}
    assert await statuses(strict, f"{V1}/me", 1, forged) == [429]
    # The addresses of one IPv6 network are one customer's.
    assert await statuses(strict, "/sign-in", 6, of("2001:db8:1:2::1")) == [200] * 6
    assert await statuses(strict, "/sign-in", 1, of("2001:db8:1:2:ffff::9")) == [429]
    assert await statuses(strict, "/sign-in", 1, of("2001:db8:1:3::1")) == [200]


async def test_a_proxys_own_line_counts_and_its_ports_do_not(strict: httpx.AsyncClient) -> None:
    """What a client makes up stands in a line above; a port would make every connection another client."""
    for number in range(7):
        answer = await strict.get(
            "/sign-in",
            headers=[
                ("X-Forwarded-For", f"203.0.113.{number}"),
                ("X-Forwarded-For", f"198.51.100.44:{4000 + number}"),
            ],
        )
    assert answer.status_code == 429
    assert await statuses(strict, "/sign-in", 1, {"X-Forwarded-For": "[2001:db8:9::1]:4711"}) == [200]


async def test_a_refusal_has_the_security_headers_too(strict: httpx.AsyncClient) -> None:
    headers = {"X-Forwarded-For": "198.51.100.66"}
    await statuses(strict, "/sign-in", 6, headers)
    for path in ("/sign-in", f"{V1}/me"):
        refused = await strict.get(path, headers=headers)
        assert refused.status_code == 429
        assert refused.headers["retry-after"].isdigit()
        assert "content-security-policy" in refused.headers
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert "permissions-policy" in refused.headers
        assert refused.headers["cross-origin-opener-policy"] == "same-origin"
        assert "referrer-policy" in refused.headers


async def test_a_browser_gets_a_page(strict: httpx.AsyncClient) -> None:
    headers = {"X-Forwarded-For": "198.51.100.7", "Accept-Language": "id"}
    await statuses(strict, "/sign-in", 6, headers)
    page = await strict.get("/sign-in", headers=headers)
    assert page.status_code == 429
    assert page.headers["content-type"].startswith("text/html")
    assert "Terlalu banyak halaman" in page.text


async def test_a_cookie_counts_like_a_token(
    strict: httpx.AsyncClient, people: People, context: Context
) -> None:
    cookies = {"Cookie": f"access={access_token(context.signer, people.session(people.patient()))}"}
    assert await statuses(strict, "/sessions", 9, cookies) == [200] * 8 + [429]


async def test_what_watches_the_service_is_not_counted(strict: httpx.AsyncClient) -> None:
    for path in ("/livez", "/readyz", "/metrics", "/static/app.css"):
        assert set(await statuses(strict, path, 10, {"X-Forwarded-For": "198.51.100.9"})) <= {200, 404}


@pytest.mark.parametrize(
    ("method", "path", "budget"),
    [
        ("GET", f"{V1}/me", "reading"),
        ("HEAD", f"{V1}/me", "reading"),
        ("GET", f"{V1}/me/export", "archives"),
        ("GET", "/account/privacy/export", "archives"),
        ("POST", f"{V1}/photos", "pictures"),
        ("POST", f"{V1}/diagnoses", "pictures"),
        ("POST", "/licence/documents", "pictures"),
        ("POST", f"{V1}/diagnoses/c0/review", "writing"),
        ("DELETE", f"{V1}/me/sessions/c0", "writing"),
    ],
)
def test_requests_are_told_apart_by_what_they_cost(method: str, path: str, budget: str) -> None:
    assert budget_of(method, path) == budget


def test_networks() -> None:
    assert network_of("192.0.2.7") == network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8::1") == "2001:db8::/64"
    assert network_of("") == ""


@pytest.fixture
def servers(urls: Urls, tmp_path: Path) -> Iterator[list[Running]]:
    environment = {
        **without_settings(),
        **urls.environment,
        "DENTALIZATION_HOME": str(tmp_path),
        "DENTALIZATION_SECRET_KEY": SECRET,
        "DENTALIZATION_REQUEST_LIMITS": "reading=60/600",
        "PATH": os.environ["PATH"],
    }
    found = [
        serve(environment, free_port(), tmp_path / f"{number}.log", "--no-worker") for number in range(2)
    ]
    yield found
    for one in found:
        one.kill()


@pytest.mark.timeout(240)
def test_two_server_processes_share_one_budget(servers: list[Running], people: People) -> None:
    headers = {"Authorization": f"Bearer {access_token(Signer(SECRET), people.session(people.patient()))}"}
    found = Counter(
        servers[number % 2].client.get(f"{V1}/me", headers=headers).status_code for number in range(150)
    )
    assert found == {200: 60, 429: 90}
