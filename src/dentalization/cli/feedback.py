"""``dentalization vision feedback`` and what follows from it: what dentists' reviews say about a model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from dentalization.cli.local import used_place
from dentalization.cli.output import Json, say
from dentalization.context import Context
from dentalization.diagnoses import feedback
from dentalization.runtime import kept_secret, opened
from dentalization.settings import from_environment
from dentalization.vision.feedback.agreement import agreements, case_agreements
from dentalization.vision.feedback.compare import Difference, compare
from dentalization.vision.feedback.drift import worst
from dentalization.vision.feedback.recalibrate import recalibrate as propose
from dentalization.vision.intervals import Share
from dentalization.vision.registry import Registry

Answer = TypeVar("Answer")
Days = Annotated[int, typer.Option(min=1, help="How far back reviews are read.")]
Model = Annotated[str, typer.Argument(help="ID/VERSION of a model.")]


def agreement(days: Days = 365, model: str = "", as_json: Json = False) -> None:
    """How often dentists agree with each model, by condition; blind reviews apart."""
    name, _, version = model.partition("/")
    since = datetime.now(UTC) - timedelta(days=days)
    cases = _ask(lambda at: feedback.reviewed_cases(at.db, since=since, model=name, version=version))
    by_condition, whole = agreements(cases), case_agreements(cases)
    lines = [
        f"{one.model}/{one.version}{', blind' if one.blind else ''}: {_told(one.agreeing)} cases agree wholly"
        for one in whole
    ]
    lines += [
        f"  {one.condition} ({one.model}/{one.version}{', blind' if one.blind else ''}): "
        f"precision {_told(one.precision)}, found {_told(one.sensitivity)}, missed {one.missed}"
        + (f", corrected boxes overlap {one.corrected.mean:.2f}" if one.corrected else "")
        for one in by_condition
    ]
    document = {
        "cases": [asdict(one) for one in whole],
        "conditions": [asdict(one) for one in by_condition],
    }
    say("\n".join(lines) or "No reviews yet.", document, as_json=as_json)


def recalibrate(model: Model, days: Days = 365, write: bool = False, as_json: Json = False) -> None:
    """Proposes new confidences from reviews; --write makes a new version, which 'vision use' puts to work."""
    name, _, version = model.partition("/")
    registry = _registry()
    entry = registry.entry(model)
    since = datetime.now(UTC) - timedelta(days=days)
    cases = _ask(
        lambda at: feedback.reviewed_cases(
            at.db, since=since, model=name, version=version or entry.card.version, raw=True
        )
    )
    proposals = propose(cases, entry.card.calibration)
    lines = [
        f"{one.condition}: "
        + (
            one.reason
            or f"Brier {one.brier_before:.4f} -> {one.brier_after:.4f} on {one.held_out} later boxes"
        )
        for one in proposals
    ]
    made = None
    if write and any(one.adoptable for one in proposals):
        made = registry.recalibrated(entry, proposals).key
        lines.append(f"Made {made}; 'dentalization vision use {made}' puts it to work.")
    document = {"proposals": [asdict(one) for one in proposals], "made": made}
    say("\n".join(lines) or "No reviews with this model's scores yet.", document, as_json=as_json)


def drift(
    model: Model,
    days: Annotated[int, typer.Option(min=1, help="The newest days, compared ...")] = feedback.NEWEST.days,
    reference: Annotated[
        int, typer.Option(min=1, help="... with as many before them.")
    ] = feedback.BEFORE.days,
    as_json: Json = False,
) -> None:
    """Whether scores and pictures have changed; exit code 1 when one of them calls for an alert."""
    entry = _registry().entry(model)
    found = _ask(
        lambda at: feedback.drift(
            at.db,
            model=entry.card.id,
            version=entry.card.version,
            newest=timedelta(days=days),
            before=timedelta(days=reference),
        )
    )
    lines = [
        f"{one.measure}{f' of {one.condition}' if one.condition else ''}: {one.level}"
        + ("" if one.index is None else f" ({one.index:.3f})")
        + f", {one.reference} before, {one.current} now"
        for one in found
    ]
    level = worst(found)
    document = {"level": level, "measures": [asdict(one) for one in found]}
    say("\n".join(lines), document, as_json=as_json)
    raise typer.Exit(1 if level == "alert" else 0)


def export(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    days: Days = 365,
    as_json: Json = False,
) -> None:
    """Writes reviewed cases of patients who agreed to it as COCO under pseudonyms, for 'vision train'."""
    since = datetime.now(UTC) - timedelta(days=days)

    async def write(at: Context) -> tuple[int, Path]:
        cases = await feedback.of_consenting(at.db, await feedback.reviewed_cases(at.db, since=since))
        key = kept_secret(at.settings.home / "pseudonyms.key").encode()
        return len(cases), await feedback.export(at.db, at.store, cases, folder, key=key)

    count, path = _ask(write)
    words = f"{count} reviewed cases, written to {path}. The key of their pseudonyms stays here."
    say(words, {"cases": count, "annotations": str(path)}, as_json=as_json)


def comparison(
    first: Model,
    second: Annotated[str, typer.Argument(help="ID/VERSION of a model that looked on unseen.")],
    days: Days = 365,
    as_json: Json = False,
) -> None:
    """Whether a model that looks on unseen would have done better, by what dentists decided."""
    name, _, version = first.partition("/")
    other, _, other_version = second.partition("/")
    since = datetime.now(UTC) - timedelta(days=days)

    async def pairs(at: Context) -> Any:
        cases = await feedback.reviewed_cases(at.db, since=since, model=name, version=version)
        return await feedback.paired_cases(at.db, cases, model=other, version=other_version)

    found = compare(_ask(pairs), first=first, second=second)
    lines = [
        f"{one.condition}: precision {_apart(one.precision)}, found {_apart(one.sensitivity)}: {one.outcome}"
        for one in found.conditions
    ]
    say("\n".join([*lines, found.verdict]), asdict(found), as_json=as_json)


def _registry() -> Registry:
    return Registry(from_environment().home / "models")


def _ask(question: Callable[[Context], Awaitable[Answer]]) -> Answer:
    async def ask() -> Answer:
        with used_place() as place:
            async with opened(place.settings) as context:
                return await question(context)

    return asyncio.run(ask())


def _told(share: Share) -> str:
    if share.value is None:
        return "0 of 0"
    low, high = share.interval.low, share.interval.high
    return f"{share.value:.2f} ({low:.2f} to {high:.2f}, {share.count} of {share.of})"


def _apart(difference: Difference) -> str:
    if difference.value is None:
        return "unknown"
    reach = difference.interval
    return f"{difference.value:+.2f}" + (f" ({reach.low:+.2f} to {reach.high:+.2f})" if reach else "")
