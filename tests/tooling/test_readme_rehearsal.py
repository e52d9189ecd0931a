"""`make rehearse-readme`: what it types is what stands on the page, and it leaves nothing behind."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tools import readme
from tools.own_node import free_port

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")
HERE = Path(sys.executable).parent


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One with a `make node`, whose page is still to be written."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "Makefile").write_text("node:\n\tpython -m http.server --bind 127.0.0.1 $(PORT)\n")
    return folder


def publish(repository: Path, page: str) -> None:
    (repository / "README.md").write_text(page)
    author = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    for words in (("init", "-q"), ("add", "."), (*author, "commit", "-q", "-m", "All of it")):
        subprocess.run(["git", *words], cwd=repository, check=True)


def commands(*lines: str) -> str:
    return "\n".join(("```", *lines, "```", ""))


def python(*lines: str) -> str:
    return "\n".join(("```python", *lines, "```", ""))


def test_it_types_all_that_the_page_says_in_its_order() -> None:
    found = readme.blocks(PAGE)
    script, place = readme.typed(found), 0
    assert [block.kind for block in found] == ["", "", "", "python", "", "python"]
    for kind, text in found:
        for piece in [text] if kind else text.splitlines():
            if piece.startswith("make test"):
                assert piece not in script
            else:
                place = script.index(f"\n{piece}", place) + len(piece)
    assert readme.ports(script) == [8545, 8404]


def test_one_shell_types_it_and_ends_what_it_started(
    repository: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    node, server, left = free_port(), free_port(), tmp_path / "left"
    publish(repository, (
        commands("echo shown   # shows it", "make test      # proves it")
        + commands(f"export PORT={node} PATH={HERE}:$PATH", "export NAME=somebody")
        + commands("make node")
        + python("from httpx import get", f'print("node", get("http://127.0.0.1:{node}/README.md").status_code)')
        + commands(f"python -m http.server --bind 127.0.0.1 {server} &")
        + python(
            "import os, httpx, pathlib",
            f'print("server", httpx.get("http://127.0.0.1:{server}/README.md").status_code)',
            f'pathlib.Path("{left}").write_text(os.environ["NAME"] + " in " + os.getcwd())',
        )
        + "```\n   a ──▶ drawing\n```\n"
    ))  # fmt: skip
    code, seconds = readme.rehearse(repository)
    said = capfd.readouterr().out
    assert code == 0
    assert 0 < seconds < 60
    assert "shown" in said
    assert "node 200" in said
    assert "server 200" in said
    name, _, folder = left.read_text().partition(" in ")
    assert name == "somebody"
    assert not Path(folder).exists(), "it was typed in a clone that is gone"
    assert readme.taken([node, server]) == []


@pytest.mark.parametrize("last", (commands("false", "echo on"), python("raise SystemExit(1)")))
def test_what_fails_ends_it(repository: Path, last: str, capfd: pytest.CaptureFixture[str]) -> None:
    publish(repository, commands(f"export PATH={HERE}:$PATH") + last + commands("echo on"))
    assert readme.rehearse(repository)[0] == 1
    assert "\non" not in capfd.readouterr().out


def test_it_speaks_to_nobody_elses_node(repository: Path) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        publish(repository, commands("sleep 1 &") + python(f'# "http://127.0.0.1:{port}"'))
        with pytest.raises(OSError, match=f"something listens at {port} already"):
            readme.rehearse(repository)


def test_a_newcomer_has_nothing_of_this_checkout() -> None:
    given = {
        "PATH": f"{ROOT}/.venv/bin:{ROOT}/node_modules/.bin:/usr/bin", "HOME": "/a/home",
        "VIRTUAL_ENV": "x", "MAKEFLAGS": "x", "MAKELEVEL": "1", "LARGESSE_STATE": "x", "PYTHONPATH": "x",
    }  # fmt: skip
    assert readme.environment(given) == {"PATH": "/usr/bin", "HOME": "/a/home"}
