"""Tries to have a mutant noticed: by the machines' lives, in this process' children, then by the tests."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import re
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.stateful.life import ODD
from tools.compiler import compile_contract
from tools.mutants.draw import ROOT, Mutant, sources
from tools.mutants.targets import MACHINES, files_of

STEPS, LIFE_SEED = 300, 7
CPU_SECONDS = 120  # a life in which a loop does not end
TEST_SECONDS = 1_800

SOUND = threading.Lock()
FORK = multiprocessing.get_context("fork")


class Outcome(NamedTuple):
    """What became of a mutant: "killed", "survived", "same" (bytecode) or "stillborn"; and who said what."""

    state: str
    by: str = ""
    said: str = ""


@cache
def original(contract: str) -> bytes:
    """Creation code without the change."""
    return compile_contract(contract, {}, metadata=False)


def attempt(mutant: Mutant, contracts: list[str], folder: Path) -> Outcome:
    """The contracts one after the other, until one notices. `folder`: for what the tests deploy."""
    changed: dict[str, bytes] = {}
    for contract in contracts:
        try:
            code = compile_contract(contract, {mutant.path: mutant.source}, metadata=False)
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
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "tools.mutants.plant"]
    command += ["-p", "no:cacheprovider", "--tb=line", *files]
    env = {**os.environ, "LARGESSE_MUTANT": str(plant), "HOME": str(ROOT / ".home")}
    try:
        answer = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=TEST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"{files[0]}::(the tests did not end)"
    finally:
        plant.unlink()
    if answer.returncode == 0:
        return None
    failed = re.search(r"^(?:FAILED|ERROR) (tests/\S+)", answer.stdout, re.MULTILINE)
    if answer.returncode != 1 or not failed:
        raise RuntimeError(f"{' '.join(command)}:\n{answer.stdout[-3000:]}{answer.stderr[-3000:]}")
    return failed[1]
