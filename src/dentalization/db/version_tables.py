"""Versions of data that many read alike: what was remembered of an older one is not used any more (ADR 0020).

A version changes in the very transaction that changes the data, and is asked for in the same exchange as
who asks. So nothing is ever told that the database would not have told at that moment.
"""

from __future__ import annotations

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base
from dentalization.db.objects import access, function, trigger_at_commit
from dentalization.db.tables import SAFE_PATH


class DataVersion(Base):
    """The newest version of what ``name`` says; no row before the first change."""

    __tablename__ = "data_versions"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str]
    """Random: a database that was restored never comes upon one that stood for something else."""
    made_by: Mapped[str]
    """The transaction, which makes one version however many rows it changes."""


# NULL for nobody, who is told nothing from memory either.
function(
    "app_data_version(text)",
    f"""app_data_version(p_name text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT coalesce((SELECT v.version FROM public.data_versions v WHERE v.name = p_name), 'none')
    WHERE coalesce(current_setting('app.user_id', true), '') <> ''
$$""",
)

NEW_VERSION = function(
    "app_new_version()",
    f"""app_new_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  INSERT INTO public.data_versions AS v (name, version, made_by)
    VALUES (TG_ARGV[0], gen_random_uuid()::text, pg_current_xact_id()::text)
    ON CONFLICT (name) DO UPDATE SET version = excluded.version, made_by = excluded.made_by
    WHERE v.made_by <> excluded.made_by;
  RETURN NULL;
END $$""",
    app_may_call=False,
)


def keeps_version(name: str, table: str, *, columns: str, shown: str) -> None:
    """Declares that ``name`` has a new version whenever ``columns`` of a row of ``table`` change.

    ``shown`` is the condition, with {row}, under which a row counts at all.
    """
    was, now = shown.format(row="OLD"), shown.format(row="NEW")
    names = [column.strip() for column in columns.split(",")]
    before, after = (", ".join(f"{row}.{column}" for column in names) for row in ("OLD", "NEW"))
    for event, of, when in (
        ("INSERT", "", now),
        ("DELETE", "", was),
        ("UPDATE", f" OF {columns}", f"({was} OR {now}) AND ({before}) IS DISTINCT FROM ({after})"),
    ):
        trigger_at_commit(
            f"{table}_{name}_{event.lower()}",
            table,
            f"AFTER {event}{of} ON {{table}} FOR EACH ROW WHEN ({when}) "
            f"EXECUTE FUNCTION app_new_version('{name}')",
        )


access("data_versions", grants="SELECT")
