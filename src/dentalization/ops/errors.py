"""What can go wrong while running the service."""

from __future__ import annotations

from dentalization.errors import DentalizationError


class EmbeddedServerError(DentalizationError):
    """The embedded PostgreSQL cannot be used."""

    code = "embedded-server"


class ServerFolderUnusable(EmbeddedServerError):
    """The folder of the embedded PostgreSQL cannot be used; set DENTALIZATION_HOME to one you may write."""

    code = "embedded-server-folder"


class ServerVersionDiffers(EmbeddedServerError):
    """The database folder was made by another major version of PostgreSQL."""

    code = "embedded-server-version"


class ServerNotStarted(EmbeddedServerError):
    """The embedded PostgreSQL did not start."""

    code = "embedded-server-not-started"


class ServerNotStopped(EmbeddedServerError):
    """The embedded PostgreSQL did not stop."""

    code = "embedded-server-not-stopped"


class ServerRunsOtherwise(EmbeddedServerError):
    """The embedded PostgreSQL already runs, but not on the port that was asked for; stop it first."""

    code = "embedded-server-port"
