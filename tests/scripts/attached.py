"""`python -m tests.scripts.attached <node> <script> …`: a script in its own process, on the test's chain.

So that a test can kill it, as a power cut would.
"""

from __future__ import annotations

import importlib
import sys
from urllib.parse import urlsplit

from brownie import network, project
from brownie._config import CONFIG


def main(url: str, script: str, *given: str) -> None:
    """Attach Brownie to the node at `url` and call the script's main()."""
    project.load(".", raise_if_loaded=False)
    CONFIG.networks["anvil"]["cmd_settings"]["port"] = urlsplit(url).port
    network.connect("anvil")
    importlib.import_module(f"scripts.{script}").main(*given)


if __name__ == "__main__":
    main(*sys.argv[1:])
