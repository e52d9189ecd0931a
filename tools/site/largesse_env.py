"""Put into the virtual environment by `make setup`, and loaded whenever its Python starts.

So that `source .venv/bin/activate` is all it takes: Brownie finds the pinned compiler (it reads
SOLCX_BINARY_PATH while it loads, earlier than any project file), `anvil` is found, and `import largesse`
works from any folder.
"""

import os
import sys
from pathlib import Path


def prepare(root: Path) -> None:
    """Point this process at the checkout `root`. What the person has set stays as it is."""
    os.environ.setdefault("SOLCX_BINARY_PATH", str(root / "tools" / "solc"))
    binaries = str(root / "node_modules" / ".bin")
    path = os.environ.get("PATH", "").split(os.pathsep)
    if binaries not in path:
        os.environ["PATH"] = os.pathsep.join([binaries, *path])
    if str(root) not in sys.path:
        sys.path.append(str(root))


# the environment lives in the checkout; elsewhere (a copy, a container) this has nothing to say
if (Path(sys.prefix).parent / "brownie-config.yaml").is_file():
    prepare(Path(sys.prefix).parent)
