"""Why a medical record is not written."""

from __future__ import annotations

from dentalization.errors import NotAllowed


class RecordsByDentists(NotAllowed):
    """Only dentists whose licence is verified write medical records."""

    code = "records-by-dentists"
