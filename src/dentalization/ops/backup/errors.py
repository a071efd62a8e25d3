"""What can go wrong with backups."""

from __future__ import annotations

from dentalization.errors import DentalizationError


class BackupError(DentalizationError):
    """The backup could not be made or used."""

    code = "backup"


class BackupRunning(BackupError):
    """Another backup is being made; wait until it is done."""

    code = "backup-running"


class NoSuchBackup(BackupError):
    """There is no backup of this name; 'dentalization backup list' names them."""

    code = "no-such-backup"


class NoBackup(BackupError):
    """This is no backup of ours, or an unfinished one: its manifest is missing or cannot be read."""

    code = "no-backup"


class BackupDamaged(BackupError):
    """A file of the backup is missing, or not what was written; use another backup."""

    code = "backup-damaged"


class ProgramMissing(BackupError):
    """A program of PostgreSQL is missing; install the client programs of the server's version."""

    code = "program-missing"


class TargetNotEmpty(BackupError):
    """There is a database already; restore into an empty one, or say --replace."""

    code = "target-not-empty"


class KeyMissing(BackupError):
    """This backup is encrypted; name the file with the identity that opens it (--identity)."""

    code = "backup-key-missing"


class WrongKey(BackupError):
    """This identity does not open the backup."""

    code = "backup-wrong-key"
