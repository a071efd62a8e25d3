"""What the database itself does to erase somebody: the only ways past the app's missing rights to delete."""

from __future__ import annotations

from collections.abc import Iterator

from dentalization.db.objects import Policy, access, function, setting
from dentalization.db.tables import SAFE_PATH
from dentalization.privacy.policy import RULES, SEALED_TEXTS, Action, Rule

READABLE_DAYS = 30
"""So long after the end the status address still answers."""

# `markers`: {"pattern": whatever the case, "names": as spelled, only as whole words}, or NULL for nothing.
function(
    "app_scrubbed(text, jsonb)",
    f"""app_scrubbed(p_text text, p_markers jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE {SAFE_PATH} AS $$
BEGIN
  IF p_text LIKE 'sealed:%' THEN  -- the worker's business, which alone can open it
    RETURN p_text;
  END IF;
  IF p_markers->>'pattern' <> '' THEN
    p_text := regexp_replace(p_text, p_markers->>'pattern', '[erased]', 'gi');
  END IF;
  IF p_markers->>'names' <> '' THEN
    p_text := regexp_replace(p_text, p_markers->>'names', '[erased]', 'g');
  END IF;
  RETURN p_text;
END $$""",
    app_may_call=False,
)


def _done(rule: Rule) -> Iterator[str]:
    place = f"public.{rule.table}"
    if rule.action is Action.DELETED:
        yield f"  DELETE FROM {place} WHERE {rule.whose};"
        yield "  GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;"
    else:
        yield "  v_rows := 0;"
        yield "  IF v_first THEN"
        if rule.action is Action.PSEUDONYMISED:
            yield f"    UPDATE {place} SET {rule.sets} WHERE {rule.whose};"
            yield "    GET DIAGNOSTICS v_rows = ROW_COUNT;"
        else:
            yield f"    SELECT count(*) INTO v_rows FROM {place} WHERE {rule.whose};"
        yield "  END IF;"
    yield (
        f"  v_counts := v_counts || jsonb_build_object('{rule.name}', "
        f"coalesce((v_counts->>'{rule.name}')::integer, 0) + v_rows);"
    )


_STEPS = "\n".join(line for rule in RULES for line in _done(rule))

# One pass, and whole: everything that the rules say, or nothing. A repeated pass only deletes what has come
# since. It can be asked for nobody but the person of a request that is not done.
function(
    "app_erase_person(text)",
    f"""app_erase_person(p_request text) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
{SAFE_PATH} AS $$
DECLARE v_request public.erasure_requests; v_user text; v_patient text; v_doctor text; v_markers jsonb;
  v_first boolean; v_objects jsonb; v_counts jsonb; v_rows integer; v_deleted integer := 0;
BEGIN
  IF current_setting('app.role', true) IS DISTINCT FROM 'WORKER' THEN
    RETURN NULL;
  END IF;
  SELECT * INTO v_request FROM public.erasure_requests WHERE id = p_request AND status <> 'done' FOR UPDATE;
  IF v_request.id IS NULL THEN
    RETURN NULL;
  END IF;
  v_user := v_request.user_id;
  v_markers := v_request.markers;
  v_counts := v_request.counts;
  v_first := v_counts = '{{}}'::jsonb;
  SELECT id INTO v_patient FROM public.patient_profiles WHERE user_id = v_user FOR UPDATE;
  SELECT id INTO v_doctor FROM public.doctor_profiles WHERE user_id = v_user FOR UPDATE;
  SELECT coalesce(jsonb_agg('photos/' || p.id), '[]') INTO v_objects FROM public.dental_photos p
    WHERE p.patient_id = v_patient AND coalesce(p.metadata->>'object', 'photos/' || p.id) = 'photos/' || p.id;
{_STEPS}
  UPDATE public.erasure_requests
    SET status = 'running', objects = objects || v_objects, counts = v_counts WHERE id = p_request;
  RETURN v_deleted;
END $$""",
)

_TEXTS = "\n  UNION ALL ".join(
    f"SELECT '{rule.table}.{name}', id, {name} FROM public.{rule.table} WHERE ({rule.whose}) "
    f"AND {name} IS NOT NULL"
    for rule in RULES
    if rule.action is Action.PSEUDONYMISED
    for name in SEALED_TEXTS.get(rule.table, ())
)
_PLACES = ", ".join(f"'{table}.{name}'" for table, names in SEALED_TEXTS.items() for name in names)

# What is kept of the person and was sealed, for the worker to open, and back with the name taken out of it.
function(
    "app_erasure_texts(text)",
    f"""app_erasure_texts(p_request text) RETURNS TABLE (place text, id text, value text)
LANGUAGE plpgsql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
#variable_conflict use_column
DECLARE v_user text; v_patient text; v_doctor text;
BEGIN
  SELECT r.user_id INTO v_user FROM public.erasure_requests r WHERE r.id = p_request AND r.status = 'running';
  IF v_user IS NULL OR current_setting('app.role', true) IS DISTINCT FROM 'WORKER' THEN
    RETURN;
  END IF;
  SELECT p.id INTO v_patient FROM public.patient_profiles p WHERE p.user_id = v_user;
  SELECT d.id INTO v_doctor FROM public.doctor_profiles d WHERE d.user_id = v_user;
  RETURN QUERY {_TEXTS};
END $$""",
)
function(
    "app_put_erased(text, text, text, text, text)",
    f"""app_put_erased(p_request text, p_place text, p_id text, p_old text, p_new text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE v_rows integer;
BEGIN
  IF p_place NOT IN ({_PLACES}) OR NOT EXISTS (SELECT 1 FROM public.app_erasure_texts(p_request) t
      WHERE t.place = p_place AND t.id = p_id AND t.value = p_old) THEN
    RETURN false;
  END IF;
  EXECUTE format('UPDATE public.%1$I SET %2$I = $1 WHERE id = $2 AND %2$I = $3', split_part(p_place, '.', 1),
    split_part(p_place, '.', 2)) USING p_new, p_id, p_old;
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  RETURN v_rows = 1;
END $$""",
)

# Each text column of a table -> how many rows hold one of the markers, in whatever case.
function(
    "app_marker_hits(text, text[])",
    f"""app_marker_hits(p_table text, p_markers text[]) RETURNS jsonb
LANGUAGE plpgsql STABLE {SAFE_PATH} AS $$
DECLARE v_counts text; v_patterns text[]; v_found jsonb;
BEGIN
  SELECT array_agg('%' || regexp_replace(one, '([%_\\\\])', '\\\\\\1', 'g') || '%') INTO v_patterns
    FROM unnest(p_markers) AS one WHERE one <> '';
  SELECT string_agg(format('%L, count(*) FILTER (WHERE %I::text ILIKE ANY ($1))', attname, attname), ', ')
    INTO v_counts FROM pg_attribute
    WHERE attrelid = format('public.%I', p_table)::regclass AND attnum > 0 AND NOT attisdropped
      AND atttypid IN ('text'::regtype, 'varchar'::regtype, 'json'::regtype, 'jsonb'::regtype,
        'text[]'::regtype, 'varchar[]'::regtype)
      AND NOT (p_table = 'erasure_requests' AND attname = 'markers');
  IF v_counts IS NULL OR v_patterns IS NULL THEN
    RETURN '{{}}'::jsonb;
  END IF;
  EXECUTE format('SELECT jsonb_build_object(%s) FROM public.%I', v_counts, p_table)
    INTO v_found USING v_patterns;
  RETURN (SELECT coalesce(jsonb_object_agg(key, value), '{{}}') FROM jsonb_each(v_found) WHERE value <> '0');
END $$""",
    app_may_call=False,
)

# The worker learns numbers, of markers that it cannot choose.
function(
    "app_erasure_hits(text, text)",
    f"""app_erasure_hits(p_request text, p_table text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE v_markers jsonb;
BEGIN
  IF current_setting('app.role', true) IS DISTINCT FROM 'WORKER' THEN
    RETURN NULL;
  END IF;
  SELECT markers->'markers' INTO v_markers FROM public.erasure_requests
    WHERE id = p_request AND status = 'running';
  IF v_markers IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN public.app_marker_hits(p_table, ARRAY(SELECT jsonb_array_elements_text(v_markers)));
END $$""",
)

# Nobody is signed in any more who could ask for it.
function(
    "app_erasure_status(text, text)",
    f"""app_erasure_status(p_request text, p_token text)
RETURNS TABLE (id text, status erasure_status, requested_at timestamptz, report_id text, entries jsonb,
  found jsonb, digest text, reported_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT r.id, r.status, r.created_at, p.id, p.entries, p.found, p.digest, p.created_at
  FROM public.erasure_requests r LEFT JOIN public.erasure_reports p ON p.request_id = r.id
  WHERE r.id = p_request AND r.token = p_token
    AND (p.created_at IS NULL OR p.created_at > now() - interval '{READABLE_DAYS} days')
$$""",
)

_OWN = f"user_id = {setting('user_id')}"
_WORKER = f"{setting('role')} = 'WORKER'"

access(
    "erasure_requests",
    Policy("SELECT", f"{_OWN} OR {_WORKER}"),
    Policy("INSERT", check=f"{_OWN} AND status = 'requested'"),
    Policy("UPDATE", f"{_OWN} AND status = 'requested'", f"{_OWN} AND status = 'requested'"),
    Policy("UPDATE", _WORKER, _WORKER),
    grants="SELECT, INSERT, UPDATE (token, status, markers, objects)",
)
access(
    "erasure_reports",
    Policy("SELECT", f"{_WORKER} OR {setting('role')} = 'ADMIN'"),
    Policy("INSERT", check=_WORKER),
    grants="SELECT, INSERT",
)
