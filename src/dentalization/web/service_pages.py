"""The administrators' page about the service itself: backups, drills, jobs, replicas."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from dentalization.db.identity import Actor
from dentalization.edge.acting import AtHand
from dentalization.edge.pages import Visitor, render
from dentalization.errors import NotAllowed
from dentalization.monitoring.queries import QUEUE, WORKERS
from dentalization.ops.backup import folder as backups
from dentalization.ops.backup.drilled import last_drill

router = APIRouter(include_in_schema=False)

_SHOWN = 10


@router.get("/admin/service")
async def service(request: Request, actor: Visitor, at_hand: AtHand) -> Response:
    """What an administrator can see of it without the machine. Raises NotAllowed."""
    if actor.role != "ADMIN":
        raise NotAllowed
    folder = backups.folder_of(at_hand.settings)
    return render(
        request,
        "service.html",
        backups=[
            (one, sum(one.rows.values()), round(one.bytes / 1e6, 1))
            for one in backups.backups(folder)[:_SHOWN]
        ],
        drill=last_drill(folder),
        jobs=await at_hand.db.read(Actor.nobody(), QUEUE),
        workers=await at_hand.db.read_one(Actor.nobody(), WORKERS),
        replicas=(at_hand.db.replicas.in_use, len(at_hand.settings.database_replica_urls)),
    )
