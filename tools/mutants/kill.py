"""Tries to have a mutant noticed: by the machines' lives, in this process' children, then by the tests."""

from __future__ import annotations

import atexit
import hashlib
import json
import multiprocessing
import re
import resource
import threading
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.stateful.life import ODD
from tools.compiler import Compiler, compile_contract
from tools.mutants.draw import ROOT, Mutant, sources
from tools.mutants.targets import MACHINES, files_of
from tools.mutants.tester import Tester

STEPS, LIFE_SEED = 300, 7
CPU_SECONDS = 120  # a life in which a loop does not end
TEST_SECONDS = 1_800

SOUND = threading.Lock()
HERE = threading.local()
FORK = multiprocessing.get_context("fork")


class Outcome(NamedTuple):
    """What became of a mutant: "killed", "survived", "same" (bytecode) or "stillborn"; and who said what."""

    state: str
    by: str = ""
    said: str = ""


@cache
def original(contract: str) -> bytes:
    """Creation code without the change."""
    return compile_contract(contract, {}, metadata=False, trial=True, ask=_compiler().run)


def attempt(mutant: Mutant, contracts: list[str], folder: Path) -> Outcome:
    """The contracts one after the other, until one notices. `folder`: for what the tests deploy."""
    changed: dict[str, bytes] = {}
    for contract in contracts:
        try:
            change = {mutant.path: mutant.source}
            code = compile_contract(contract, change, metadata=False, trial=True, ask=_compiler().run)
        except ValueError:
            return Outcome("stillborn")
        if code == original(contract):
            continue
        changed[contract] = code
        said = _lives(contract, code) if contract in MACHINES else None
        if said:
            check_sound(contract, folder)
            return Outcome("killed", f"lives of {contract}", said)
    if not changed:
        return Outcome("same")
    for contract, code in changed.items():
        said = _tests(contract, code, files_of(contract, mutant.function, sources()), folder)
        if said:
            check_sound(contract, folder, said.split("::")[0])
            return Outcome("killed", f"tests of {contract}", said)
    return Outcome("survived", ", ".join(changed))


def check_sound(contract: str, folder: Path, tests: str = "") -> None:
    """Without a change the lives, or the file of tests, pass: else they say nothing. Raises RuntimeError."""
    text = (ROOT / tests).read_bytes() if tests else b""
    digest = hashlib.sha256(original(contract) + tests.encode() + text).hexdigest()[:16]
    mark = folder / f"{contract}-{digest}.sound"
    with SOUND:
        if not mark.exists():
            code = original(contract)
            said = _tests(contract, code, [tests], folder) if tests else _lives(contract, code)
            if said:
                raise RuntimeError(f"{contract}, unchanged: {said}")
            mark.touch()


def _lives(contract: str, code: bytes) -> str | None:
    """What a life said; None when all went as without the change."""

    def run() -> str:
        live = MACHINES[contract]
        for kind in ODD:
            rng = Random(f"{LIFE_SEED} {kind.name}")  # noqa: S311 - no secret
            try:
                live(kind, [rng.getrandbits(32) for _ in range(STEPS)], {contract: code})
            except Exception as failure:  # noqa: BLE001 - the original's life has none
                return f"{type(failure).__name__}: {failure}"
        return ""

    return _apart(run)


def _apart(run: Callable[[], str]) -> str | None:
    """In a child, which may hang or crash."""

    def child(answers: Connection) -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        answers.send(run())

    here, there = FORK.Pipe(duplex=False)
    process = FORK.Process(target=child, args=(there,), daemon=True)
    process.start()
    there.close()
    try:
        said: str = here.recv()
    except EOFError:
        said = "the life did not end"
    process.join()
    return said or None


def _tests(contract: str, code: bytes, files: list[str], folder: Path) -> str | None:
    """The test of these files that failed; None when all passed. Raises RuntimeError when none could run."""
    plant = folder / f"mutant-{threading.get_ident()}.json"
    plant.write_text(json.dumps({contract: code.hex()}))
    arguments = ["-q", "-x", "-n", "0", "-p", "tools.mutants.plant", "-p", "no:cacheprovider", "--tb=line"]
    try:
        run = _tester(folder).run([*arguments, *files], {"LARGESSE_MUTANT": str(plant)}, TEST_SECONDS)
    finally:
        plant.unlink()
    if run.code == 0:
        return None
    if run.code is None:
        return f"{files[0]}::(the tests did not end)"
    failed = re.search(r"^(?:FAILED|ERROR) (tests/\S+)", run.output, re.MULTILINE)
    if run.code != 1 or not failed:
        raise RuntimeError(f"pytest {' '.join([*arguments, *files])}:\n{run.output[-3000:]}")
    return failed[1]


def _compiler() -> Compiler:
    """This thread's."""
    if not hasattr(HERE, "compiler"):
        HERE.compiler = Compiler()
        atexit.register(HERE.compiler.close)
    found: Compiler = HERE.compiler
    return found


def _tester(folder: Path) -> Tester:
    """This thread's."""
    if not hasattr(HERE, "tester"):
        HERE.tester = Tester(folder / f"tests-{threading.get_ident()}.txt")
        atexit.register(HERE.tester.close)
    found: Tester = HERE.tester
    return found
