"""Database objects that SQLAlchemy does not know: functions, triggers, row-level policies and grants.

Each is declared beside its table as data. Its create script ends in a comment with its own digest, by
which ``db new`` sees whether a live database still has what the code says.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

APP_ROLE = "dentalization_app"
SERVICE_ROLE = "dentalization_service"

Command = Literal["SELECT", "INSERT", "UPDATE", "DELETE"]


@dataclass(frozen=True)
class Policy:
    """Who may do ``command``: ``using`` filters rows that exist, ``check`` rows that would be written."""

    command: Command
    using: str | None = None
    check: str | None = None


@dataclass(frozen=True)
class SqlObject:
    """``kind`` orders creation; ``comment_on`` is what carries the digest, e.g. ``FUNCTION f(text)``."""

    kind: Literal["function", "constraint", "index", "trigger", "access"]
    name: str
    comment_on: str
    body: str
    undo: str
    policies: tuple[Policy, ...] = ()
    """Of an ``access``: those of the app's role."""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body.encode()).hexdigest()[:16]

    @property
    def create(self) -> str:
        return f"{self.body}\nCOMMENT ON {self.comment_on} IS 'declared {self.digest}';"


_DECLARED: dict[str, SqlObject] = {}
_ORDER = {"function": 0, "constraint": 1, "index": 2, "trigger": 3, "access": 4}


def declared() -> list[SqlObject]:
    """Every object declared by the tables that have been imported, in the order of creation."""
    return sorted(_DECLARED.values(), key=lambda item: _ORDER[item.kind])


def _declare(item: SqlObject) -> SqlObject:
    _DECLARED[f"{item.kind} {item.name}"] = item
    return item


def function(
    signature: str, definition: str, *, app_may_call: bool = True, service_may_call: bool = False
) -> SqlObject:
    """A function ``name(argument types)``; ``definition`` is all that follows ``FUNCTION``.

    PUBLIC may never call it, the app's and the service's role only where they ``may_call``: both need what
    stands in an index.
    """
    callers = [role for role, may in ((APP_ROLE, app_may_call), (SERVICE_ROLE, service_may_call)) if may]
    grant = f"\nGRANT EXECUTE ON FUNCTION {signature} TO {', '.join(callers)};" if callers else ""
    body = (
        f"CREATE OR REPLACE FUNCTION {definition.strip()};\n"
        f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC;{grant}"
    )
    return _declare(
        SqlObject(
            "function", signature, f"FUNCTION {signature}", body, f"DROP FUNCTION IF EXISTS {signature};"
        )
    )


def exclusion(name: str, table: str, clause: str) -> SqlObject:
    """A constraint that no two rows of ``table`` may break together; ``clause`` is what follows ``EXCLUDE``.

    It compares texts beside ranges, for which it brings the trusted extension btree_gist. Undoing it leaves
    the extension: others may use it.
    """
    drop = f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name};"
    body = (
        f"CREATE EXTENSION IF NOT EXISTS btree_gist;\n{drop}\n"
        f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE {clause.strip()};"
    )
    return _declare(
        SqlObject("constraint", f"{name} on {table}", f"CONSTRAINT {name} ON {table}", body, drop)
    )


def search_index(name: str, table: str, clause: str) -> SqlObject:
    """An index on expressions, which Alembic cannot compare; ``clause`` is what follows the table.

    It may search in texts by their trigrams, for which it brings the trusted extension pg_trgm.
    """
    drop = f"DROP INDEX IF EXISTS {name};"
    body = (
        f"CREATE EXTENSION IF NOT EXISTS pg_trgm;\n{drop}\nCREATE INDEX {name} ON {table} {clause.strip()};"
    )
    return _declare(SqlObject("index", name, f"INDEX {name}", body, drop))


def trigger(name: str, table: str, clause: str) -> SqlObject:
    """A trigger; ``clause`` is what stands around the table: ``BEFORE UPDATE ON {table} ... EXECUTE ...``."""
    body = f"CREATE OR REPLACE TRIGGER {name} {clause.format(table=table).strip()};"
    return _declare(
        SqlObject("trigger", f"{name} on {table}", f"TRIGGER {name} ON {table}", body,
                  f"DROP TRIGGER IF EXISTS {name} ON {table};")
    )  # fmt: skip


def trigger_at_commit(name: str, table: str, clause: str) -> SqlObject:
    """As `trigger`, for each row, but run when the transaction is committed: its locks are held no longer."""
    drop = f"DROP TRIGGER IF EXISTS {name} ON {table};"
    events, _, rest = clause.format(table=table).strip().partition(f" ON {table} ")
    body = (
        f"{drop}\nCREATE CONSTRAINT TRIGGER {name} {events} ON {table} DEFERRABLE INITIALLY DEFERRED {rest};"
    )
    return _declare(SqlObject("trigger", f"{name} on {table}", f"TRIGGER {name} ON {table}", body, drop))


def touch_updated_at(table: str) -> SqlObject:
    """Keeps ``updated_at``, which is also the version behind every ETag."""
    return trigger(
        f"{table}_touch",
        table,
        "BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at()",
    )


# One script, so that a changed policy is replaced whole and nothing of the old one stays behind.
_RESET = """DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = '{table}' LOOP
    EXECUTE format('DROP POLICY %I ON {table}', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON {table} FROM PUBLIC, dentalization_app, dentalization_service;"""


def access(table: str, *policies: Policy, grants: str) -> SqlObject:
    """Row-level security of ``table``, enabled and forced, and what the app's role may do at all.

    ``grants`` is a privilege list such as ``SELECT, INSERT, UPDATE (notes, status)``. The owner's and the
    service login's policies let everything through: FORCE would otherwise stop migrations and backups.
    """
    everything = "USING (true) WITH CHECK (true);"
    body = [
        _RESET.format(table=table),
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;",
        f"CREATE POLICY owner ON {table} TO CURRENT_USER {everything}",
        f"CREATE POLICY service ON {table} TO {SERVICE_ROLE} {everything}",
        *(f"{create_policy(table, number, policy)};" for number, policy in enumerate(policies, start=1)),
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {SERVICE_ROLE};",
        f"GRANT {grants} ON {table} TO {APP_ROLE};",
    ]
    undo = [
        _RESET.format(table=table),
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    ]
    return _declare(
        SqlObject("access", table, f"POLICY owner ON {table}", "\n".join(body), "\n".join(undo), policies)
    )


def policy_name(number: int, policy: Policy) -> str:
    """``number`` counts the policies of a table from 1."""
    return f"app_{policy.command.lower()}_{number}"


def create_policy(table: str, number: int, policy: Policy) -> str:
    using = f" USING ({policy.using})" if policy.using else ""
    check = f" WITH CHECK ({policy.check})" if policy.check else ""
    name = policy_name(number, policy)
    return f"CREATE POLICY {name} ON {table} FOR {policy.command} TO {APP_ROLE}{using}{check}"


def setting(name: str) -> str:
    """The SQL that reads one part of the identity, once a statement (an InitPlan, not once a row).

    NULL for nobody, so that no comparison with it is ever true.
    """
    return f"(SELECT nullif(current_setting('app.{name}', true), ''))"


@dataclass(frozen=True)
class Lookup:
    """A question to another table inside a policy; ``query`` has p_1, p_2 where it takes arguments."""

    name: str
    arguments: int
    returns: str
    query: str


_LOOKUPS: dict[str, Lookup] = {}
_CALLS: dict[str, str] = {}


def lookup(name: str, query: str, *arguments: str, returns: str = "boolean") -> str:
    """``query``, a subquery with the columns ``arguments`` for {0}, {1}, as policies have it.

    On shards a policy has no subqueries (`spelled_for_shards`): there it calls the function ``name``.
    """
    parameters = [f"p_{number}" for number in range(1, len(arguments) + 1)]
    made = Lookup(name, len(arguments), returns, query.format(*parameters))
    if _LOOKUPS.setdefault(name, made) != made:
        raise ValueError(f"two look-ups are called {name}")
    spelled = query.format(*arguments)
    _CALLS[spelled] = f"{name}({', '.join(arguments)})"
    return spelled


def otherwise_on_shards(spelled: str, call: str) -> str:
    """``spelled``, which in policies of shards becomes ``call``, a function that names the shard too."""
    _CALLS[spelled] = call
    return spelled


def lookups() -> list[Lookup]:
    """Those of all tables that have been imported."""
    return [_LOOKUPS[name] for name in sorted(_LOOKUPS)]


_SETTING = re.compile(r"\(SELECT (nullif\(current_setting\('app\.\w+', true\), ''\))\)")


def spelled_for_shards(condition: str) -> str:
    """The same condition of a policy without subqueries, which Citus refuses in them.

    Raises ValueError where one remains: it must be declared by `lookup`.
    """
    for spelled in sorted(_CALLS, key=len, reverse=True):
        condition = condition.replace(spelled, _CALLS[spelled])
    condition = _SETTING.sub(r"\1", condition)
    if re.search(r"\bSELECT\b", condition, re.IGNORECASE):
        raise ValueError(f"a subquery that no look-up declares: {condition}")
    return condition
