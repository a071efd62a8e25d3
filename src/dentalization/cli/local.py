"""Where the database is: the operator's, or the embedded one with logins of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dentalization.errors import InvalidInput
from dentalization.ops import embedded
from dentalization.ops.cluster import explaining
from dentalization.ops.embedded import EmbeddedServer
from dentalization.runtime import kept_secret
from dentalization.settings import Settings, from_environment

_DATABASE = "dentalization"
_APP_LOGIN = "dentalization_app_login"
_SERVICE_LOGIN = "dentalization_service_login"


@dataclass(frozen=True)
class Place:
    """``server`` is None where the operator runs PostgreSQL."""

    settings: Settings
    server: EmbeddedServer | None

    @property
    def owner_url(self) -> str:
        """Raises InvalidInput where a command of the owner was not told the owner's address."""
        if not self.settings.database_owner_url:
            raise InvalidInput("This command works as the owner of the tables: set DATABASE_OWNER_URL.")
        return self.settings.database_owner_url

    def service_url(self) -> str:
        """The address of the embedded server's service login."""
        if self.server is None:
            raise InvalidInput("Choose the service login's name and password yourself: pass its address.")
        password = kept_secret(self.settings.home / "service.password")
        return self.server.url(_SERVICE_LOGIN, password, _DATABASE)


def place() -> Place:
    """Starts the embedded server where no DATABASE_URL or DATABASE_OWNER_URL is set."""
    settings = from_environment()
    if settings.database_url or settings.database_owner_url:
        return Place(settings, None)
    server = embedded.start(settings.home, settings=explaining(settings.explain_over_milliseconds))
    app_url = server.url(_APP_LOGIN, kept_secret(settings.home / "app.password"), _DATABASE)
    return Place(replace(settings, database_url=app_url, database_owner_url=server.owner_url), server)


@contextlib.contextmanager
def used_place() -> Iterator[Place]:
    """For a command: an embedded server that it had to start is stopped again afterwards."""
    settings = from_environment()
    was_running = embedded.is_running(settings.home)
    found = place()
    try:
        yield found
    finally:
        if found.server is not None and not was_running:
            found.server.stop()
