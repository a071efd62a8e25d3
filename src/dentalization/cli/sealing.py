"""``dentalization db reseal`` and ``db new-key``: the keys of sealed fields."""

from __future__ import annotations

from collections.abc import Mapping

from dentalization.cli.local import used_place
from dentalization.cli.output import Json, progress, say
from dentalization.ops.reseal import reseal as reseal_database
from dentalization.runtime import field_key_file, field_keyring
from dentalization.sealing.keyfile import add_key
from dentalization.sealing.keyring import Key
from dentalization.settings import from_environment


def new_key(as_json: Json = False) -> None:
    """Makes a new current key for sealed fields; 'db reseal' then brings what is stored under it."""
    settings = from_environment()
    if settings.field_keys:
        key = Key.new()
        words = (
            f"Put this in front of DENTALIZATION_FIELD_KEYS, with a comma after it, and restart:\n{key.text}"
        )
        say(words, {"key": key.id, "setting": key.text}, as_json=as_json)
        return
    path = field_key_file(settings)
    key = add_key(path)
    words = f"Key {key.id} is the current one, in {path}. Keep a copy of this file apart from backups of the "
    say(words + "database; then run 'dentalization db reseal'.", {"key": key.id}, as_json=as_json)


def reseal(as_json: Json = False) -> None:
    """Seals again, under the current key, what is under another one or not sealed; safe while servers run."""
    with used_place() as place, progress() as bar:
        task = bar.add_task("rows", total=None)
        keyring = field_keyring(place.settings)
        done = reseal_database(
            place.owner_url,
            keyring,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    current, unused = keyring.current.id, [key for key in keyring.ids if key not in done.by_key]
    document = {
        "rows": done.rows,
        "current": current,
        "valuesByKey": {key: count for key, count in done.by_key.items() if key},
        "unsealed": done.by_key.get("", 0),
        "unusedKeys": [key for key in unused if key != current],
    }
    say(_words(done.rows, done.by_key, current, unused), document, as_json=as_json)


def _words(rows: int, by_key: Mapping[str, int], current: str, unused: list[str]) -> str:
    lines = [f"{rows:,} rows were sealed anew."]
    for key, count in by_key.items():
        name = f"under the key {key}{' (current)' if key == current else ''}" if key else "not sealed"
        lines.append(f"  {count:>12,} values {name}")
    for key in unused:
        if key != current:
            lines.append(f"No value needs the key {key} any more: once every server uses {current}, drop it.")
    if by_key.keys() - {current}:
        lines.append("Servers have written meanwhile: run this again.")
    return "\n".join(lines)
