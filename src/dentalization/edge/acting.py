"""Who acts in a request, and what the process has at hand for it."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from dentalization.accounts.errors import SecondFactorRequired, TokenRefused
from dentalization.accounts.tokens import actor_of
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.trail import Trail

bearer_scheme = HTTPBearer(auto_error=False, description="The access token of sign-in or refresh.")


def context_of(request: Request) -> Context:
    return cast("Context", request.app.state.context)


def address_of(request: Request) -> str:
    """The client's address; behind ``trusted_proxies`` of ours, the one that the outermost of them saw."""
    proxies = context_of(request).settings.trusted_proxies
    # All lines of it: a proxy may add one of its own, below what the client made up.
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",") if proxies else []
    if len(forwarded) >= proxies > 0:
        return _without_port(forwarded[-proxies].strip())
    return request.client.host if request.client else ""


def _without_port(address: str) -> str:
    """Some proxies add the port, another one for each connection: 192.0.2.7:4711, [2001:db8::1]:4711."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    host, colon, _ = address.partition(":")
    return host if colon and address.count(":") == 1 else address


def identified(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)]
) -> Actor:
    """The actor of the access token, also one who must still add a second factor.

    Cookies do not count here, so no other site can act for anybody. Raises TokenRefused.
    """
    if credentials is None:
        raise TokenRefused("Sign in first: send the access token as 'Authorization: Bearer …'.")
    return audited(
        request,
        actor_of(
            context_of(request).signer, credentials.credentials, address=address_of(request), trail=Trail()
        ),
    )


def audited(request: Request, actor: Actor) -> Actor:
    """The actor, whose trail `api.guard` writes down before the answer leaves."""
    request.state.actor = actor
    return actor


def bearer(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)]
) -> Actor:
    """The actor of the access token. Raises TokenRefused, SecondFactorRequired."""
    return with_factor(request, identified(request, credentials))


def with_factor(request: Request, actor: Actor) -> Actor:
    """Raises SecondFactorRequired where the operator asks a factor of this role and there is none."""
    if lacks_factor(request, actor):
        raise SecondFactorRequired
    return actor


def lacks_factor(request: Request, actor: Actor) -> bool:
    return not actor.factor and actor.role in context_of(request).settings.require_second_factor


Acting = Annotated[Actor, Depends(bearer)]
Enrolling = Annotated[Actor, Depends(identified)]
"""For the few routes that must work before a required second factor is there: to add it, and to leave."""
AtHand = Annotated[Context, Depends(context_of)]
Address = Annotated[str, Depends(address_of)]
