"""What PostgreSQL's own catalogs say about a schema, for comparing two databases."""

from __future__ import annotations

import psycopg

_MINE = """{0}namespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend e
        WHERE e.objid = {1}.oid AND e.deptype = 'e')"""
_RELATION, _FUNCTION = _MINE.format("c.rel", "c"), _MINE.format("p.pro", "p")
_GRANT = "concat_ws(' ', g.grantee::regrole, g.privilege_type, g.is_grantable)"

# Each yields name and definition. Not compared: the order of columns, which a later migration cannot choose;
# white space in functions, which migrations indent; what extensions bring along.
_QUERIES = {
    "relation": f"""SELECT c.oid::regclass, concat_ws(' ', c.relkind, c.relpersistence,
        'policies', c.relrowsecurity, c.relforcerowsecurity, c.reloptions)
      FROM pg_class c WHERE {_RELATION}""",
    "column": f"""SELECT concat(c.oid::regclass, '.', a.attname),
        concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
          pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated)
      FROM pg_class c JOIN pg_attribute a ON c.oid = a.attrelid AND c.relkind IN ('r', 'v', 'm', 'p')
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attnum > 0 AND NOT a.attisdropped AND {_RELATION}""",
    "constraint": f"""SELECT concat(c.oid::regclass, '.', k.conname), pg_get_constraintdef(k.oid)
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE {_RELATION}""",
    "index": f"""SELECT c.oid::regclass, concat_ws(' ', pg_get_indexdef(c.oid), i.indisvalid)
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE {_RELATION}""",
    "enum": """SELECT enumtypid::regtype, string_agg(enumlabel, ', ' ORDER BY enumsortorder)
      FROM pg_enum GROUP BY 1""",
    "policy": """SELECT concat(polrelid::regclass, '.', polname),
        concat_ws(' ', polcmd, polpermissive,
          (SELECT array_agg(role::regrole ORDER BY role::regrole::text) FROM unnest(polroles) AS role),
          'USING', pg_get_expr(polqual, polrelid), 'CHECK', pg_get_expr(polwithcheck, polrelid))
      FROM pg_policy""",
    "function": f"""SELECT p.oid::regprocedure,
        md5(regexp_replace(pg_get_functiondef(p.oid), '\\s+', ' ', 'g'))
      FROM pg_proc p WHERE p.prokind <> 'a' AND {_FUNCTION}""",
    "trigger": """SELECT concat(tgrelid::regclass, '.', tgname),
        concat_ws(' ', pg_get_triggerdef(oid), tgenabled)
      FROM pg_trigger WHERE NOT tgisinternal""",
    "table grant": f"""SELECT c.oid::regclass, {_GRANT}
      FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS g
      WHERE c.relkind <> 'i' AND {_RELATION}""",
    "column grant": f"""SELECT concat(c.oid::regclass, '.', a.attname), {_GRANT}
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) AS g
      WHERE {_RELATION}""",
    "function grant": f"""SELECT p.oid::regprocedure, {_GRANT}
      FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS g
      WHERE {_FUNCTION}""",
    "comment": """SELECT concat(i.type, ' ', i.identity), d.description
      FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i
      WHERE i.schema = 'public' OR i.identity LIKE '% on public.%'""",
}  # fmt: skip

_OF_OTHERS = ("procrastinate_", "alembic_version")

Snapshot = frozenset[tuple[str, str, str]]


def snapshot(url: str) -> Snapshot:
    """(kind, name, definition) of everything of ours in the schema 'public'."""
    with psycopg.connect(url) as connection:
        found = {
            (kind, str(name), str(definition))
            for kind, query in _QUERIES.items()
            for name, definition in connection.execute(query)
        }
    return frozenset(item for item in found if not any(word in item[1] for word in _OF_OTHERS))


def differences(one: Snapshot, other: Snapshot) -> list[str]:
    """One line for each thing that only one of them has."""
    first = [f"{' '.join(item)} (only the first)" for item in one - other]
    second = [f"{' '.join(item)} (only the second)" for item in other - one]
    return sorted(first + second)
