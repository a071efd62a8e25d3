"""Where a network is computed: in a process of its own on this machine, or by a remote server."""
