"""A person at a terminal: types the lines of a document, and answers what they ask for.

`python -m tests.support.terminal` types for a test, in a home folder of its own. It loads Brownie and the
project, the scripts and the compiled contracts once, and forks itself for each line.
"""

from __future__ import annotations

import codecs
import gc
import importlib
import json
import os
import pty
import runpy
import select
import shlex
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template
from types import TracebackType

from largesse import artifacts, chain
from largesse.files import CHECKOUT
from largesse.parts import PARTS

_READ_BYTES = 65_536


@dataclass(frozen=True)
class Typed:
    """How a command ended, and all that stood on the screen; what was typed too, unless it was hidden."""

    code: int
    screen: str


def typed(run: Callable[[], object], answers: Mapping[str, str], *, seconds: float = 120.0) -> Typed:
    """Call `run` in a process of its own with a terminal of its own. Whenever one of the texts of `answers`
    has appeared since the last answer, its answer is typed.

    Raises TimeoutError, with the screen, where it takes longer than `seconds`; it is ended then.
    """
    child, terminal = pty.fork()
    if child == 0:
        _call(run)
    screen, answered = "", 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a piece may end within a character
    end = time.monotonic() + seconds
    try:
        while True:
            if time.monotonic() > end:
                os.kill(child, signal.SIGKILL)
                raise TimeoutError(f"not ended after {seconds:.0f} s; the screen:\n{screen}")
            if not select.select([terminal], [], [], 0.2)[0]:
                continue
            try:
                piece = os.read(terminal, _READ_BYTES)
            except OSError:  # nobody has the other side open: it has ended
                break
            screen += decoder.decode(piece)
            for text, answer in answers.items():
                if text in screen[answered:]:
                    answered = len(screen)
                    os.write(terminal, answer.encode() + b"\n")
    finally:
        os.close(terminal)
        _, status = os.waitpid(child, 0)
    return Typed(os.waitstatus_to_exitcode(status), screen.replace("\r\n", "\n"))


def _call(run: Callable[[], object]) -> None:
    """What the forked process does: it never returns."""
    code = 1
    try:
        run()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001 - a forked process must not go on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Terminal:
    """Types lines as they stand in a document: `export NAME=…`, `NAME=… command` and `$NAME` mean what they
    mean in a shell; known are `brownie` and `python -m`. Use it in a `with` block.

    `home`: the person's home folder; `answers`: see `typed`.
    """

    def __init__(self, home: Path, environ: Mapping[str, str], answers: Mapping[str, str]) -> None:
        self.environ = {**os.environ, **environ, "HOME": str(home)}
        self.answers = dict(answers)
        self._typist = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            cwd=CHECKOUT, env=self.environ, text=True,
        )  # fmt: skip

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._typist.kill()
        self._typist.communicate()

    def type(self, line: str, *, seconds: float = 120.0) -> Typed:
        """Type one line. Raises TimeoutError, ValueError for what is not known here."""
        words = shlex.split(Template(line).substitute(self.environ), comments=True)
        if words[0] == "export":
            self.environ |= dict(word.split("=", 1) for word in words[1:])
            return Typed(0, "")
        environ = dict(self.environ)
        while "=" in words[0]:
            environ |= dict([words.pop(0).split("=", 1)])
        if words[0] != "brownie" and words[:2] != ["python", "-m"]:
            raise ValueError(f"this terminal knows no {words[0]!r}")
        assert self._typist.stdin is not None
        assert self._typist.stdout is not None
        self._typist.stdin.write(json.dumps([words, environ, self.answers, seconds]) + "\n")
        self._typist.stdin.flush()
        answer = json.loads(self._typist.stdout.readline())
        if "late" in answer:
            raise TimeoutError(answer["late"])
        return Typed(**answer)


def _type_for_a_test() -> None:
    """Type each line that comes in, and answer how it ended."""
    from brownie import project

    loaded = project.load(str(CHECKOUT))
    project.load = lambda *_, **__: loaded
    _load_what_scripts_use()
    chain._POLL_SECONDS = 0.1  # type: ignore[misc] # blocks come sooner than on live chains
    gc.disable()  # what is forked lives for seconds
    gc.freeze()
    for line in sys.stdin:
        words, environ, answers, seconds = json.loads(line)
        try:
            told = asdict(typed(lambda: _run(words, environ), answers, seconds=seconds))  # noqa: B023
        except TimeoutError as error:
            told = {"late": str(error)}
        print(json.dumps(told), flush=True)


def _load_what_scripts_use() -> None:
    """Their modules, and the compiled contracts, which are large files."""
    for path in sorted((CHECKOUT / "scripts").glob("*.py")):
        importlib.import_module(f"scripts.{path.stem}")
    for module in ("largesse.plots", "largesse.report.making", "largesse.indexer.run", "tools.verification"):
        importlib.import_module(module)
    artifacts.known_errors()
    names = ("CardArt", "CertificateLens", "LargesseFactory", *(part.contract for part in PARTS))
    for name in (*names, "GiftCertificates", "CertificateBackOffice", "JarBackOffice"):
        artifacts.artifact(name)


def _run(words: list[str], environ: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environ)
    if words[0] == "brownie":
        from brownie._cli.__main__ import main

        _read_networks()
        sys.argv = words
        main()
    else:
        sys.argv = words[2:]
        sys.modules.pop(words[2], None)  # it is run as a program
        runpy.run_module(words[2], run_name="__main__", alter_sys=True)


def _read_networks() -> None:
    """Those that were added since Brownie was loaded."""
    import yaml
    from brownie._config import CONFIG

    path = Path.home() / ".brownie" / "network-config.yaml"
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["live"]:
        for network in group["networks"]:
            CONFIG.networks.setdefault(network["id"], network | {"chainid": str(network["chainid"])})


if __name__ == "__main__":
    _type_for_a_test()
