"""The first accounts and the demo people, for ``db seed`` and ``serve --demo``."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rich.progress import Progress

from dentalization.cli.local import Place
from dentalization.ops.seed.accounts import SeededAccount, seed_accounts
from dentalization.ops.seed.history import seed_history
from dentalization.runtime import field_keyring
from dentalization.storage.address import open_store


def accounts(place: Place, *, demo: bool) -> list[SeededAccount]:
    return seed_accounts(
        place.owner_url, demo=demo, environment=os.environ, keyring=field_keyring(place.settings)
    )


def history(place: Place, *, patients: int, diagnoses: int, number: int, bar: Progress) -> None:
    task = bar.add_task("demo people", total=None)

    def moved(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    settings = place.settings
    store = open_store(settings.storage_url or str(settings.home / "objects"))
    seed_history(
        place.owner_url,
        patients=patients,
        diagnoses=diagnoses,
        store=store,
        progress=moved,
        seed=number,
        public_url=settings.public_url,
        keyring=field_keyring(settings),
    )


def words(made: Sequence[SeededAccount]) -> str:
    """Each password once, here: it is stored nowhere."""
    lines = []
    for item in made:
        if item.created:
            password = item.password or "(from the environment)"
            lines.append(f"  {item.role:<8} {item.email:<28} {password}")
        else:
            lines.append(f"  {item.role:<8} {item.email:<28} (was there; its password is unchanged)")
    return "\n".join(["Accounts:", *lines])
