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


class PortTaken(DentalizationError):
    """Another program, or another server of this one, answers at this port already."""

    code = "port-taken"


class NotUtf8(DentalizationError):
    """The database's encoding is not UTF8, which names and letters of patients need; make one anew.

    A superuser says: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.
    """

    code = "not-utf8"


class NotDevelopment(DentalizationError):
    """This database is not marked as one for development, so nothing is thrown away or made up in it.

    If it may be, mark it: 'dentalization db migrate --development'.
    """

    code = "not-development"


class AlreadySeeded(DentalizationError):
    """The people of this seed are in the database already; choose another seed, or reset the database."""

    code = "already-seeded"
