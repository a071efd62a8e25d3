"""The address of a server, with how long the network may be silent before its connection counts as lost."""

from __future__ import annotations

from psycopg.conninfo import conninfo_to_dict, make_conninfo

# Without them a connection whose packets a firewall drops is waited for as long as the kernel repeats them: a
# quarter of an hour for what was sent, two hours for what is awaited.
_WATCHED = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",  # milliseconds
}


def watched(url: str) -> str:
    """The address with these time-outs, except those that it has itself; it may name several hosts."""
    own = conninfo_to_dict(url)
    return make_conninfo(url, **{name: value for name, value in _WATCHED.items() if name not in own})
