"""After `make setup` the environment stands by itself, and refuses what it can't run on."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import os, largesse
print(os.environ["SOLCX_BINARY_PATH"], os.environ["PATH"].split(":")[0], largesse.__path__[0], sep="|")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout as `make setup` leaves it, without the packages."""
    folder = tmp_path / "a checkout"
    (folder / "largesse").mkdir(parents=True)
    (folder / "largesse" / "__init__.py").write_text("")
    (folder / "brownie-config.yaml").write_text("")
    venv.create(folder / ".venv", with_pip=False, symlinks=True)
    subprocess.run([folder / ".venv/bin/python", ROOT / "tools/site/install.py"], check=True)
    return folder


def ask(python: Path, **environment: str) -> list[str]:
    clean = {k: v for k, v in os.environ.items() if k not in ("SOLCX_BINARY_PATH", "PYTHONPATH")}
    run = subprocess.run(
        [python, "-c", ASK],
        cwd="/",
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip().split("|")


def test_python_finds_compiler_node_and_package_from_anywhere(checkout: Path) -> None:
    assert ask(checkout / ".venv/bin/python") == [
        str(checkout / "tools" / "solc"),
        str(checkout / "node_modules" / ".bin"),
        str(checkout / "largesse"),
    ]


def test_what_the_person_set_stays(checkout: Path) -> None:
    compiler, first, _ = ask(
        checkout / ".venv/bin/python",
        SOLCX_BINARY_PATH="elsewhere",
        PATH=f"mine:{checkout}/node_modules/.bin:{os.environ['PATH']}",
    )
    assert compiler == "elsewhere"
    assert first == "mine"


def test_an_environment_outside_a_checkout_is_left_alone(checkout: Path) -> None:
    (checkout / "brownie-config.yaml").unlink()
    run = subprocess.run(
        [checkout / ".venv/bin/python", "-c", "import largesse"], cwd="/", capture_output=True, check=False
    )
    assert b"ModuleNotFoundError" in run.stderr


def fake(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def run(script: str, path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    for tool in ("bash", "cat", "env"):
        if not (path / tool).exists():
            (path / tool).symlink_to(f"/usr/bin/{tool}")
    return subprocess.run(
        [ROOT / script], env={"PATH": str(path), **environment}, capture_output=True, text=True, check=False
    )


def test_find_python_takes_the_first_that_fits(tmp_path: Path) -> None:
    fake(tmp_path, "python3", "exit 1")  # too old, or a shim that leads nowhere
    fake(tmp_path, "python3.12", f'exec {sys.executable} "$@"')
    assert run("tools/find-python", tmp_path).stdout == "python3.12\n"
    fake(tmp_path, "mine", f'exec {sys.executable} "$@"')
    assert run("tools/find-python", tmp_path, PYTHON="mine").stdout == "mine\n"


def test_find_python_says_what_to_do_when_none_fits(tmp_path: Path) -> None:
    fake(tmp_path, "python3", "echo Python 3.9.2; exit 1")
    found = run("tools/find-python", tmp_path)
    assert (found.returncode, found.stdout) == (1, "")
    assert "No Python 3.11, 3.12 or 3.13 found (python3 is Python 3.9.2)" in found.stderr
    assert "make setup PYTHON=" in found.stderr


@pytest.mark.parametrize(
    ("version", "fits"), [("v20.0.0", True), ("v24.1.0", True), ("v18.19.1", False), ("", False)]
)
def test_need_node_wants_20_or_newer(tmp_path: Path, version: str, *, fits: bool) -> None:
    fake(tmp_path, "node", f"echo {version}")
    fake(tmp_path, "npm", "exit 0")
    asked = run("tools/need-node", tmp_path)
    assert (asked.returncode == 0) is fits
    assert fits or "Node.js 20 or newer is needed" in asked.stderr


def test_need_node_wants_npm_too(tmp_path: Path) -> None:
    fake(tmp_path, "node", "echo v22.0.0")
    asked = run("tools/need-node", tmp_path)
    assert asked.returncode == 1
    assert "npm is missing" in asked.stderr


def test_need_foundry_says_what_to_install(tmp_path: Path) -> None:
    fake(tmp_path, "anvil", "exit 0")
    asked = run("tools/need-foundry", tmp_path)
    assert asked.returncode == 1
    assert "No `forge` found" in asked.stderr
    assert "foundryup" in asked.stderr
    fake(tmp_path, "forge", "exit 0")
    assert run("tools/need-foundry", tmp_path).returncode == 0
