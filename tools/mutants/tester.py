"""Runs tests on mutants: python -m tools.mutants.tester

Loads Brownie and the project once, which takes seconds, and forks itself for each line of JSON that comes in:
pytest's arguments, the environment, where its output goes, and how many seconds it has. Answers each with
pytest's exit code, or null where it did not end.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tools.compiler import Lines
from tools.mutants.draw import ROOT


class Run(NamedTuple):
    """How tests ended: pytest's exit code (None: not in time), and what it printed."""

    code: int | None
    output: str


class Tester:
    """One such process; `output` is a file of its own."""

    __test__ = False  # no test, says it to pytest

    def __init__(self, output: Path) -> None:
        self.output = output
        self._pipe = Lines([sys.executable, "-m", __name__], HOME=str(ROOT / ".home"))

    def run(self, arguments: list[str], environ: dict[str, str], seconds: int) -> Run:
        """Run pytest. Raises RuntimeError where the process is gone."""
        answer = self._pipe.ask(json.dumps([arguments, environ, str(self.output), seconds]))
        if not answer:
            raise RuntimeError("the process that runs the tests is gone")
        return Run(json.loads(answer), self.output.read_text(errors="replace"))

    def close(self) -> None:
        """End it."""
        self._pipe.close()
        self.output.unlink(missing_ok=True)


def main() -> None:
    """Until there are no more lines."""
    import hypothesis  # noqa: F401 - what every test file imports is loaded once
    import pytest  # noqa: F401
    from brownie import project

    loaded = project.load(str(ROOT))
    project.load = lambda *_, **__: loaded
    gc.disable()
    gc.freeze()
    for line in sys.stdin:
        arguments, environ, output, seconds = json.loads(line)
        child = os.fork()
        if child == 0:
            _test(arguments, environ, output)
        print(json.dumps(_ended(child, seconds)), flush=True)


def _test(arguments: list[str], environ: dict[str, str], output: str) -> None:
    """In a child: it never returns."""
    code = 3  # pytest's own for an internal error
    try:
        os.setsid()
        os.environ.update(environ, HOME=str(_new_home(os.getpid())))
        sys.argv = ["pytest", *arguments]
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(file, 1)
        os.dup2(file, 2)
        gc.enable()
        import pytest

        code = int(pytest.main(arguments))
        atexit._run_exitfuncs()  # Brownie ends its node there
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _home(child: int) -> Path:
    return ROOT / f"build/mutants/home-{child}"


def _new_home(child: int) -> Path:
    """A home for what it starts. Nodes that are killed leave old states there, hundreds of megabytes."""
    home, usual = _home(child), ROOT / ".home"
    home.mkdir(parents=True)
    for entry in usual.iterdir():
        if entry.name != ".foundry":
            (home / entry.name).symlink_to(entry)
    return home


def _ended(child: int, seconds: int) -> int | None:
    """The child's exit code; None where it took longer. What it started ends with it."""
    end = time.monotonic() + seconds
    status = None
    while status is None and time.monotonic() < end:
        gone, found = os.waitpid(child, os.WNOHANG)
        status = found if gone else None
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if status is None:
        os.waitpid(child, 0)
    shutil.rmtree(_home(child), ignore_errors=True)
    return None if status is None else os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
