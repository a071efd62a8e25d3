"""Empties a database for development."""

from __future__ import annotations

import psycopg


def reset(owner_url: str) -> None:
    """Drops everything in the schema 'public'. The caller has made sure that this is meant."""
    with psycopg.connect(owner_url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
