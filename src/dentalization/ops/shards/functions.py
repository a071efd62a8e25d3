"""Functions that only a distributed database has: look-ups of policies, identity, and what triggers did."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import MetaData

from dentalization.db.identity import CHANGED_DOCTOR, ENDED_SESSION
from dentalization.db.objects import APP_ROLE, Lookup, declared, lookups
from dentalization.db.tables import SAFE_PATH
from dentalization.events.tables import QUEUE, EventKind
from dentalization.ops.shards.steps import Step
from dentalization.ops.shards.triggers import TOUCH_EVERYWHERE, settled_tables, triggers

LOCK_CARE = 5103
"""The class of the advisory locks under which the coordinator counts care."""

SETTLE = "app_settle(text, text)"
PHOTO_WAITS = "app_photo_waits(text, text)"
IDENTIFY_AS = "app_identify_as(text, text, text, text, text)"

_TOUCH = f"""{TOUCH_EVERYWHERE}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('app.resealing', true) = 'on' AND pg_has_role(
      (SELECT relowner FROM pg_catalog.pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RETURN NEW;
  END IF;
  IF coalesce(current_setting('app.at', true), '') = '' THEN
    RAISE EXCEPTION 'each node would write another moment'
      USING HINT = 'In the same transaction: SET LOCAL citus.propagate_set_commands = ''local'', then '
        'SET LOCAL app.at = the moment that all nodes shall write.';
  END IF;
  NEW.updated_at := current_setting('app.at')::timestamptz;
  RETURN NEW;
END $$"""

# What is asked together with an identity set by SET LOCAL. Refusing ends the pipeline: the statement behind
# it does not run for somebody whose session is over, or as a dentist whose licence is.
_IDENTIFY_AS = f"""app_identify_as(
  p_user text, p_role text, p_patient text, p_doctor text, p_session text
) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF NOT public.app_identify(p_user, p_role, p_patient, p_doctor, p_session) THEN
    RAISE EXCEPTION 'the session is over' USING ERRCODE = '{ENDED_SESSION}';
  END IF;
  IF current_setting('app.doctor_id', true) IS DISTINCT FROM p_doctor THEN
    RAISE EXCEPTION 'the dentist is not verified' USING ERRCODE = '{CHANGED_DOCTOR}';
  END IF;
  RETURN true;
END $$"""

# By the shard's key, so that the policy of a photo asks the node that the photo lies on.
_PHOTO_WAITS = f"""app_photo_waits(p_patient text, p_photo text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM public.analyses a
    JOIN public.ai_diagnoses d ON d.patient_id = a.patient_id AND d.id = a.diagnosis_id
    WHERE a.patient_id = p_patient AND a.photo_id = p_photo AND d.status = 'PENDING' AND d.doctor_id IS NULL);
END $$"""


def made(metadata: MetaData) -> Iterator[Step]:
    """In the order in which they need each other."""
    for item in lookups():
        yield from _function(_signature(item), _lookup(item), "a look-up of policies")
    yield from _function(PHOTO_WAITS, _PHOTO_WAITS, "whether a photo waits for a dentist, asked on its shard")
    yield from _function(f"{TOUCH_EVERYWHERE}()", _TOUCH, "", app_may_call=False)
    yield from _function(IDENTIFY_AS, _IDENTIFY_AS, "the identity of SET LOCAL, confirmed by the database")
    yield from _function(SETTLE, _settle(metadata), "what triggers of distributed tables did elsewhere")


def sent(metadata: MetaData) -> Iterator[Step]:
    """To all nodes: what policies and triggers call there, and what statements compute there."""
    names = {_signature(item) for item in lookups()} | {PHOTO_WAITS, f"{TOUCH_EVERYWHERE}()"}
    names |= {f"{item.function}()" for item in triggers(metadata) if item.where == "shards"}
    names |= {
        item.name for item in declared() if item.kind == "function" and re.search(r"\bIMMUTABLE\b", item.body)
    }
    for name in sorted(names):
        yield Step(f"SELECT create_distributed_function('public.{name}')")


def _function(signature: str, definition: str, says: str, *, app_may_call: bool = True) -> Iterator[Step]:
    yield Step(f"CREATE OR REPLACE FUNCTION public.{definition}", says)
    yield Step(f"REVOKE ALL ON FUNCTION public.{signature} FROM PUBLIC")
    if app_may_call:
        yield Step(f"GRANT EXECUTE ON FUNCTION public.{signature} TO {APP_ROLE}")


def _signature(item: Lookup) -> str:
    return f"{item.name}({', '.join(['text'] * item.arguments)})"


def _lookup(item: Lookup) -> str:
    """With the rights of who asks, as the subquery that it stands for; plpgsql is never planned into it."""
    parameters = ", ".join(f"p_{number} text" for number in range(1, item.arguments + 1))
    return (
        f"{item.name}({parameters}) RETURNS {item.returns} LANGUAGE plpgsql STABLE {SAFE_PATH} AS $$\n"
        f"BEGIN\n  RETURN {item.query};\nEND $$"
    )


def _settle(metadata: MetaData) -> str:
    """Counts care anew from the rows themselves, and tells who is concerned.

    Safe in anybody's hands: it makes true what is true, and tells no more than that something has changed.
    """
    branches = "\n".join(_branch(table, metadata) for table in settled_tables(metadata))
    return f"""app_settle(p_table text, p_id text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE v_patient text; v_doctor text; v_count integer;
BEGIN
{branches}
{_erased(metadata)}
END $$"""


def _erased(metadata: MetaData) -> str:
    """An erasure deletes what was undecided; whoever had no more than that in common loses the view."""
    counts = "\n".join(
        f"""      SELECT count(*) INTO v_count FROM public.{table} t
        WHERE t.patient_id = v_patient AND t.doctor_id = v_doctor{_counted(table, metadata)};
      UPDATE public.care_relationships c SET {_counter(table, metadata)[0]} = v_count
        WHERE c.doctor_id = v_doctor AND c.patient_id = v_patient;"""
        for table in settled_tables(metadata)
    )
    return f"""  IF p_table = 'erasure_requests' THEN
    SELECT p.id INTO v_patient FROM public.erasure_requests r
      JOIN public.patient_profiles p ON p.user_id = r.user_id WHERE r.id = p_id;
    FOR v_doctor IN SELECT c.doctor_id FROM public.care_relationships c WHERE c.patient_id = v_patient LOOP
{counts}
    END LOOP;
    DELETE FROM public.care_relationships c WHERE c.patient_id = v_patient
      AND c.diagnoses <= 0 AND c.appointments <= 0 AND c.records <= 0;
  END IF;"""


def _branch(table: str, metadata: MetaData) -> str:
    counter = _counter(table, metadata)[0]
    return f"""  IF p_table = '{table}' THEN
    SELECT t.patient_id, t.doctor_id INTO v_patient, v_doctor FROM public.{table} t WHERE t.id = p_id;
    IF v_doctor IS NOT NULL THEN
      PERFORM pg_advisory_xact_lock({LOCK_CARE}, hashtext(v_doctor || v_patient));
      SELECT count(*) INTO v_count FROM public.{table} t
        WHERE t.patient_id = v_patient AND t.doctor_id = v_doctor{_counted(table, metadata)};
      INSERT INTO public.care_relationships AS c (doctor_id, patient_id, {counter})
        VALUES (v_doctor, v_patient, v_count)
        ON CONFLICT (doctor_id, patient_id) DO UPDATE SET {counter} = excluded.{counter};
    END IF;{_tells(table)}
  END IF;"""


def _counter(table: str, metadata: MetaData) -> tuple[str, str]:
    """Which count of care_relationships the table keeps, and the status that does not count."""
    for item in triggers(metadata):
        found = re.search(r"app_count_care\('(\w+)'(?:, '(\w+)')?\)", item.declared.body)
        if item.table == table and found:
            return found[1], found[2] or ""
    raise ValueError(f"the triggers of {table} do something elsewhere that app_settle does not know")


def _counted(table: str, metadata: MetaData) -> str:
    uncounted = _counter(table, metadata)[1]
    return f" AND t.status <> '{uncounted}'" if uncounted else ""


def _tells(table: str) -> str:
    if table != "ai_diagnoses":
        return ""
    kind = f"'{EventKind.DIAGNOSIS}'"
    return f"""
    PERFORM public.app_tell(v_patient, {kind}, p_id), public.app_tell(v_doctor, {kind}, p_id),
      public.app_tell('{QUEUE}', '{EventKind.QUEUE}', p_id);"""
