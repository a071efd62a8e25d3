"""The database roles: an owner, a group for the app's logins, and a group that passes the policies."""

from __future__ import annotations

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from dentalization.db.objects import APP_ROLE, SERVICE_ROLE
from dentalization.errors import InvalidInput

# One at a time, also across databases of one cluster: roles belong to the cluster.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('dentalization roles'))"

# On the login and not on the session, so that they also hold behind a pooler.
_LIMITS = {
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    "lock_timeout": "10s",
    # Every statement is declared, and 'db check' looks at its generic plan: with the policies in it planning
    # takes longer than running, and must not be repeated at every execution.
    "plan_cache_mode": "force_generic_plan",
}


def ensure_groups(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Makes the two group roles where they are missing; needs CREATEROLE only then."""
    with connection.transaction():
        connection.execute(_LOCK)
        for role in (APP_ROLE, SERVICE_ROLE):
            if not _exists(connection, role):
                connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        connection.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
        for role in (APP_ROLE, SERVICE_ROLE):
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(role)))


def grant_job_queue(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """The app's logins run the job queue; its tables hold ids and times, nothing about people."""
    with connection.transaction():
        for statement in _JOB_QUEUE_GRANTS:
            connection.execute(statement)


def ensure_login(connection: psycopg.Connection[tuple[object, ...]], url: str, *, group: str) -> None:
    """Makes the login named in ``url``, with its password, a member of ``group`` and of nothing else.

    Raises InvalidInput where the address lacks a user or a password, or names the owner itself.
    """
    parts = conninfo_to_dict(url)
    user, password = str(parts.get("user") or ""), str(parts.get("password") or "")
    owner = (connection.execute("SELECT current_user").fetchone() or ("",))[0]
    if not user or user == owner:
        raise InvalidInput(
            "DATABASE_URL must name a login of its own, not that of DATABASE_OWNER_URL: the app must not own "
            "the tables."
        )
    with connection.transaction():
        connection.execute(_LOCK)
        if not _exists(connection, user):
            if not password:
                raise InvalidInput(f"DATABASE_URL needs a password, with which the login '{user}' is made.")
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                    sql.Identifier(user), sql.Literal(password)
                )
            )
            for name, value in _LIMITS.items():
                connection.execute(
                    sql.SQL("ALTER ROLE {} SET {} = {}").format(
                        sql.Identifier(user), sql.Identifier(name), sql.Literal(value)
                    )
                )
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(user)))


def _exists(connection: psycopg.Connection[tuple[object, ...]], role: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is not None


_JOB_QUEUE_GRANTS: tuple[sql.SQL, ...] = tuple(
    sql.SQL(statement)
    for statement in (
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON procrastinate_jobs, procrastinate_periodic_defers, "
        f"procrastinate_events, procrastinate_workers TO {APP_ROLE}",
        f"GRANT USAGE ON SEQUENCE procrastinate_jobs_id_seq, procrastinate_periodic_defers_id_seq, "
        f"procrastinate_events_id_seq TO {APP_ROLE}",
    )
)


def make_login(owner_url: str, url: str, *, group: str) -> None:
    """``ensure_login`` on a connection of its own."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        ensure_login(connection, url, group=group)
