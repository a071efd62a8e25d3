"""Every request counts against a budget: of the account that signs it, else of the address it comes from."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response

from dentalization.accounts.errors import TokenRefused
from dentalization.accounts.tokens import actor_of
from dentalization.api.guard import Application, Message, Receive, Scope, Send
from dentalization.db.budgets import Budget, Budgets, budgets_of, headers_of
from dentalization.db.limits import network_of
from dentalization.edge.acting import address_of, context_of
from dentalization.edge.cookies import ACCESS_COOKIE, cookie
from dentalization.errors import DentalizationError

USUAL = (
    Budget("reading", 600, 60),
    Budget("writing", 120, 60),
    Budget("pictures", 60, 60),
    Budget("archives", 10, 3600),
    Budget("visitors", 300, 60),
)
"""`visitors` are requests that nobody signs: all of one address, or of one IPv6 network, share it."""

_FREE = {"/livez", "/readyz", "/metrics"}
_ARCHIVES = ("/api/v1/me/export", "/account/privacy/export")
_PICTURES = ("/photos", "/diagnoses", "/documents", "/analysis", "/retry")


class Throttled:
    """A plain ASGI middleware."""

    def __init__(
        self, app: Application, *, limits: tuple[str, ...], apology: Callable[[Request, Exception], Response]
    ) -> None:
        self._app = app
        self._apology = apology
        self._budgets = budgets_of(limits, USUAL)
        self._spending: Budgets | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._budgets or _free(scope["path"]):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        at_hand = context_of(request)
        if self._spending is None:
            self._spending = Budgets(at_hand.db)
        user_id = _account_of(request)
        budget = self._budgets[budget_of(scope["method"], scope["path"]) if user_id else "visitors"]
        who = user_id or network_of(address_of(request))
        try:
            spent = await self._spending.spend(
                budget, at_hand.signer.digest(f"{budget.name} requests of", who)
            )
        except DentalizationError as error:
            await self._apology(request, error)(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers_of(spent)]
            await send(message)

        await self._app(scope, receive, told)


def _free(path: str) -> bool:
    """Monitoring must see a service that is flooded; static files cost nothing."""
    return path in _FREE or path.startswith("/static/")


def budget_of(method: str, path: str) -> str:
    """The name of the budget that a signed request counts against."""
    if path in _ARCHIVES:
        return "archives"
    if method in ("GET", "HEAD", "OPTIONS"):
        return "reading"
    return "pictures" if path.endswith(_PICTURES) else "writing"


def _account_of(request: Request) -> str:
    """Whose token signs the request, '' where none does; whether its session still lives is seen later."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = cookie(request, ACCESS_COOKIE)
    try:
        return actor_of(context_of(request).signer, token, address="").user_id if token else ""
    except TokenRefused:
        return ""
