"""``python -m dentalization.ops.schema docs/reference`` writes the generated pages into that folder."""

import sys
from pathlib import Path

from dentalization.ops.schema.reference import write_reference

write_reference(Path(sys.argv[1]))
