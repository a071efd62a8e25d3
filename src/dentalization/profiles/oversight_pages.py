"""Pages on which people read who has looked, and administrators open an emergency access."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from dentalization.accounts.confirmations import confirmed_recently
from dentalization.db.keyset import DEFAULT_LIMIT
from dentalization.edge.acting import AtHand
from dentalization.edge.pages import Form, Visitor, errors_of, field, redirect, render
from dentalization.errors import InvalidInput, NotFound
from dentalization.profiles import access_log, emergency

router = APIRouter(include_in_schema=False)


@router.get("/access-log")
async def access_log_page(
    request: Request, actor: Visitor, at_hand: AtHand, after: str | None = None, own: bool = False
) -> Response:
    page = await access_log.accesses(at_hand.db, actor=actor, own=own, after=after, limit=DEFAULT_LIMIT)
    return render(request, "access_log.html", page=page, own=own)


@router.get("/admin/emergency")
async def emergency_page(
    request: Request, actor: Visitor, at_hand: AtHand, after: str | None = None
) -> Response:
    shown = await _emergency(request, actor, at_hand, after=after)
    # Here and not only when the form is sent: going off to confirm would lose what was typed.
    await confirmed_recently(at_hand.db, actor)
    return shown


@router.post("/admin/emergency")
async def open_access(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    email, reason = field(form, "email"), field(form, "reason")
    try:
        made = await emergency.open_access(at_hand.db, actor=actor, reason=reason, email=email)
    except (InvalidInput, NotFound) as error:
        found = errors_of(request, error)
        errors = {"email": found[""]} if isinstance(error, NotFound) else dict(found)
        return await _emergency(request, actor, at_hand, email=email, reason=reason, errors=errors)
    return redirect(f"/history?patient={made.patient_id}")


@router.post("/admin/emergency/{access_id}/end")
async def end_access(access_id: str, form: Form, actor: Visitor, at_hand: AtHand) -> Response:  # noqa: ARG001
    await emergency.end_access(at_hand.db, actor=actor, access_id=access_id)
    return redirect("/admin/emergency")


async def _emergency(
    request: Request,
    actor: Visitor,
    at_hand: AtHand,
    *,
    after: str | None = None,
    email: str = "",
    reason: str = "",
    errors: dict[str, str] | None = None,
) -> Response:
    page = await emergency.accesses(at_hand.db, actor=actor, after=after, limit=DEFAULT_LIMIT)
    return render(
        request,
        "emergency.html",
        status=422 if errors else 200,
        page=page,
        now=datetime.now(UTC),
        email=email,
        reason=reason,
        errors=errors or {},
    )
