"""Why some statements and functions may ask every shard: each costs one look into an index there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_BY_ID = "the address names diagnosis, analysis, photo or record and no patient; the id's index answers"
_DECIDED = "twice in the life of a diagnosis, which in a whole database may belong to nobody"
_DENTIST = "a dentist's own work lies with all patients; each shard has the index by dentist"
_TRAINING = "the worker collects what dentists corrected, of all patients, at night"
_STORE = "the nightly look at the object store knows names of objects and no patients"

ALL_SHARDS: Final[Mapping[str, str]] = {
    "diagnoses.ANALYSIS": _BY_ID,
    "diagnoses.ANALYSIS_OF_PHOTO": _BY_ID,
    "diagnoses.BEGIN_ANALYSIS": "a job names its analysis and nothing of a person",
    "diagnoses.END_ANALYSIS": "a job that broke off names its analysis and nothing of a person",
    "diagnoses.DIAGNOSIS": _BY_ID,
    "diagnoses.CLAIM": _DECIDED,
    "diagnoses.DECIDE": _DECIDED,
    "diagnoses.LOCK_DIAGNOSIS_OF_NOBODY": "never on shards, where every diagnosis has a patient",
    "diagnoses.NEXT_VERSION": _DECIDED,
    "diagnoses.REVIEWS": _BY_ID,
    "diagnoses.QUEUE": "of all patients; each shard has the index of what waits, and gives a page",
    "diagnoses.ASSIGNED": _DENTIST,
    "diagnoses.ASSIGNED_BY_STATUS": _DENTIST,
    "diagnoses.STATISTICS": _DENTIST,
    "diagnoses.DECIDED_DIAGNOSES": _TRAINING,
    "diagnoses.DECISIONS": _TRAINING,
    "diagnoses.MADE_BETWEEN": _TRAINING,
    "photos.PHOTO": _BY_ID,
    "photos.PHOTOS_BY_ID": _TRAINING,
    "photos.THERE": _STORE,
    "records.RECORD": _BY_ID,
    "privacy.DIAGNOSES": "an export also has what the account made for nobody; once in a long time",
    "privacy.WRITTEN_REVIEWS": _DENTIST,
    "profiles.OF_USER": "an administrator asks what one account has looked at",
}
"""Declared statements that name no shard."""

INSIDE: Final[Mapping[str, str]] = {
    "app_append_audit(text, bigint, bytea, jsonb)": "every row names its person, and goes to that shard",
    "app_erase_person(text)": "by patient where rows have one; what was made for nobody is sought everywhere",
    "app_erasure_texts(text)": "by patient; what was made for nobody is sought everywhere",
    "app_make_audit_partition(date)": "makes a month on every shard, once a month",
    "app_photo_waits(text)": "policies of shards call app_photo_waits(text, text), which names the shard",
    "app_put_erased(text, text, text, text, text)": "by id, for the few texts of one person that are kept",
}
"""Functions that touch distributed tables, where no expression shows how."""

NEVER: Final = frozenset({"diagnoses.LOCK_DIAGNOSIS_OF_NOBODY"})
"""Statements that Citus would refuse, and that never run on shards, for the reason above."""
