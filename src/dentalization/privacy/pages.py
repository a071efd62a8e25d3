"""The page on which consents are given and withdrawn, data is downloaded, and an account is erased."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from dentalization.accounts import consents
from dentalization.accounts.consent_policy import TEXTS
from dentalization.accounts.consent_tables import ConsentPurpose
from dentalization.accounts.consents import ConsentChoice
from dentalization.accounts.errors import ConsentNeeded, ConsentTextChanged
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.limits import TooManyAttempts
from dentalization.edge.acting import Address, AtHand
from dentalization.edge.answers import Text
from dentalization.edge.cookies import drop_session
from dentalization.edge.pages import Form, Visitor, errors_of, field, language_of, redirect, render
from dentalization.edge.texts import LANGUAGES
from dentalization.privacy import service
from dentalization.privacy.download import download
from dentalization.privacy.errors import PasswordWrong
from dentalization.privacy.policy import BY_NAME, RULES, Action
from dentalization.privacy.words import WORDS, concerns

router = APIRouter(include_in_schema=False)

_TITLES = {
    ConsentPurpose.TREATMENT: "purpose-treatment",
    ConsentPurpose.AI_ANALYSIS: "purpose-ai",
    ConsentPurpose.TRAINING: "purpose-training",
    ConsentPurpose.REMINDERS: "purpose-reminders",
    ConsentPurpose.RESEARCH: "purpose-research",
}
_ACTIONS = {
    Action.DELETED: "action-deleted",
    Action.PSEUDONYMISED: "action-pseudonymised",
    Action.KEPT: "action-kept",
}
_STATES = {
    "requested": "erasure-state-requested",
    "running": "erasure-state-running",
    "done": "erasure-state-done",
}


@router.get("/account/privacy")
async def privacy(request: Request, actor: Visitor, at_hand: AtHand) -> Response:
    return await _page(request, actor, at_hand, {})


@router.post("/account/privacy/consents/{purpose}")
async def decide(
    request: Request, purpose: ConsentPurpose, form: Form, actor: Visitor, at_hand: AtHand
) -> Response:
    """Gives where the button says so, withdraws where it says that."""
    version = field(form, "version")
    choice = ConsentChoice(
        purpose,
        int(version) if version.isdecimal() and len(version) < 6 else 0,
        granted=field(form, "granted") == "true",
        language=language_of(request),
    )
    try:
        await consents.decide(at_hand.db, at_hand.signer, actor=actor, choice=choice)
    except (ConsentTextChanged, ConsentNeeded) as error:
        return await _page(request, actor, at_hand, errors_of(request, error), status=409)
    return redirect("/account/privacy")


@router.get("/account/privacy/export")
async def export(actor: Visitor, at_hand: AtHand) -> Response:
    return await download(at_hand, actor)


@router.post("/account/privacy/erasure")
async def erase(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    password = form.get("password")
    try:
        asked = await service.request_erasure(
            at_hand.db,
            at_hand.signer,
            actor=actor,
            password=password if isinstance(password, str) else "",
        )
    except PasswordWrong as error:
        return await _page(request, actor, at_hand, errors_of(request, error), status=422)
    except TooManyAttempts as error:
        return await _page(request, actor, at_hand, errors_of(request, error), status=429)
    return drop_session(request, redirect(f"/erasures/{asked.id}?token={quote(asked.token)}"))


@router.get("/erasures/{request_id}")
async def state(
    request: Request, request_id: Text, at_hand: AtHand, address: Address, token: Text = ""
) -> Response:
    """For whoever has the address: nobody is signed in any more."""
    found = await service.state(at_hand.db, request_id=request_id, token=token, address=address)
    language = language_of(request)
    met = [BY_NAME[entry["rule"]].name for entry in found.entries or () if entry["rule"] in BY_NAME]
    return render(
        request,
        "erasure.html",
        state=found,
        says=_STATES[str(found.status)],
        groups=list(_groups(language, {entry["rule"]: entry for entry in found.entries or ()})),
        patient="patient" in met,
    )


async def _page(
    request: Request, actor: Actor, at_hand: Context, errors: Mapping[str, str], *, status: int = 200
) -> Response:
    language = language_of(request)
    states = await consents.states(at_hand.db, actor=actor)
    mine: dict[str, dict[str, Any]] = {rule.name: {} for rule in RULES if concerns(rule, actor.role)}
    return render(
        request,
        "privacy.html",
        status=status,
        consents=[(_TITLES[one.purpose], TEXTS[one.purpose].in_language(language), one) for one in states],
        groups=list(_groups(language, mine)),
        errors=errors,
    )


def _groups(
    language: str, entries: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, list[tuple[str, list[tuple[str, int]]]]]]:
    """For each action: its words, and under each reason what it is the reason for, and how many rows."""
    number = LANGUAGES.index(language)
    for action, title in _ACTIONS.items():
        reasons: dict[str, list[tuple[str, int]]] = {}
        for rule in RULES:
            if rule.action is action and rule.name in entries:
                rows = int(entries[rule.name].get(action.value, 0))
                reasons.setdefault(rule.why[number], []).append((WORDS[rule.name][number], rows))
        if reasons:
            yield title, list(reasons.items())
