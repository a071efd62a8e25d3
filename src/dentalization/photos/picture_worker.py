"""The process in which one untrusted picture is decoded: bytes in, picture out, and little room for harm."""

from __future__ import annotations

import math
import resource
import sys

from dentalization.photos.errors import PhotoRejected
from dentalization.photos.pictures import Picture, normalise, to_wire


def main() -> None:
    limit(memory=int(sys.argv[1]), seconds=float(sys.argv[2]))
    data = sys.stdin.buffer.read()
    try:
        result: Picture | PhotoRejected = normalise(data)
    except PhotoRejected as error:
        result = error
    sys.stdout.buffer.write(to_wire(result))


def limit(*, memory: int, seconds: float) -> None:
    """Bytes of address space, seconds of processor time, no writing of files, no memory dump on a crash."""
    processor = math.ceil(seconds)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
