"""Copy largesse_env.py into the environment of the Python that runs this, and have it loaded at each
start.
"""

import shutil
import sysconfig
from pathlib import Path


def install(source: Path, packages: Path) -> None:
    """Put `source` and a .pth file that imports it into the folder `packages`."""
    shutil.copyfile(source, packages / source.name)
    (packages / "largesse.pth").write_text(f"import {source.stem}\n", encoding="utf-8")


if __name__ == "__main__":
    install(Path(__file__).with_name("largesse_env.py"), Path(sysconfig.get_path("purelib")))
