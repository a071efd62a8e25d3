"""What pages say when a stored text does not open."""

from __future__ import annotations

from typing import Final

SEALING: Final[dict[str, tuple[str, str]]] = {
    "error.unknown-key": (
        "Something stored here cannot be read at the moment: its key is missing. Tell the people who run "
        "this service.",
        "Sesuatu yang tersimpan di sini tidak dapat dibaca saat ini: kuncinya tidak ada. Beri tahu pengelola "
        "layanan ini.",
    ),
    "error.changed-value": (
        "Something stored here cannot be read: it is not as it was written. Tell the people who run this "
        "service.",
        "Sesuatu yang tersimpan di sini tidak dapat dibaca: isinya tidak seperti saat ditulis. Beri tahu "
        "pengelola layanan ini.",
    ),
}
