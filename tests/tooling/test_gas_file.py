"""bench/gas.json says what the tests measure, or a run fails and shows both figures."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import gas

ROOT = Path(__file__).resolve().parents[2]

CONFTEST = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from tests.support import gas
gas.FILE = Path(__file__).with_name("gas.json")
pytest_plugins = ["tests.fixtures.gas_file"]
"""
HEAD = "from tests.support.gas import record\n"
ONE = HEAD + "def test_a(): record('jars.a', {a})\ndef test_b(): record('jars.b', 7)\n"
TWO = HEAD + "def test_c():\n    record('jars.c', {c})\n    assert {holds}\n"


class Suite:
    """A small suite in a folder of its own, with a gas.json."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "gas.json"
        (folder / "conftest.py").write_text(CONFTEST)
        (folder / "pytest.ini").write_text("[pytest]\ntestpaths = .\n")
        self.tests()

    def tests(self, *, a: int = 100, c: int = 300, holds: bool = True) -> None:
        (self.folder / "test_one.py").write_text(ONE.format(a=a))
        (self.folder / "test_two.py").write_text(TWO.format(c=c, holds=holds))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "xdist", "-p", "no:cacheprovider", *arguments]
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # none of them has a part in this
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


FIGURES = {"jars.a": 100, "jars.b": 7, "jars.c": 300}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_writes_the_figures_of_all_workers_sorted(suite: Suite, workers: str) -> None:
    run = suite.run("-n", workers, "--gas-file=write")
    assert run.returncode == 0, run.stdout
    assert json.loads(suite.file.read_text()) == FIGURES
    assert suite.file.read_text() == json.dumps(FIGURES, indent=2, sort_keys=True) + "\n"
    assert suite.run("-n", workers).returncode == 0


def test_writes_nothing_when_a_test_fails(suite: Suite) -> None:
    suite.tests(holds=False)
    run = suite.run("--gas-file=write")
    assert run.returncode == 1
    assert "bench/gas.json was not written: tests failed" in run.stdout
    assert not suite.file.exists()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_changed_figure_fails_its_test_and_shows_both(suite: Suite, workers: str) -> None:
    gas.write({**FIGURES, "jars.a": 1_234}, suite.file)
    run = suite.run("-n", workers)
    assert run.returncode == 1
    assert "jars.a: measured 100, committed 1,234 (-1,134)" in run.stdout
    assert "1 failed, 2 passed" in run.stdout


def test_a_figure_that_is_not_committed_fails_its_test(suite: Suite) -> None:
    gas.write({"jars.a": 100, "jars.b": 7}, suite.file)
    run = suite.run()
    assert "jars.c: measured 300, not in bench/gas.json" in run.stdout
    assert "1 failed, 2 passed" in run.stdout


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_figure_that_nobody_measures_fails_a_whole_run(suite: Suite, workers: str) -> None:
    gas.write({**FIGURES, "jars.old": 5}, suite.file)
    run = suite.run("-n", workers)
    assert run.returncode == 1
    assert "jars.old: in bench/gas.json, measured by no test" in run.stdout


def test_a_part_of_the_suite_does_not_look_for_the_rest(suite: Suite) -> None:
    gas.write(FIGURES, suite.file)
    assert suite.run("test_one.py").returncode == 0
    assert suite.run("-k", "test_a").returncode == 0
    assert suite.run("test_one.py", "--gas-file=complete").returncode == 1


def test_figures_are_whole_numbers(tmp_path: Path) -> None:
    for wrong in (1.0, "1", True, None):
        with pytest.raises(TypeError, match="an int is wanted"):
            gas.record("jars.wrong", wrong)  # type: ignore[arg-type]
    (tmp_path / "gas.json").write_text('{"jars.a": 1, "jars.b": 1.5, "jars.c": true}')
    with pytest.raises(ValueError, match=r"jars\.b, jars\.c are not whole numbers"):
        gas.committed(tmp_path / "gas.json")


def test_one_run_has_one_figure_per_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gas, "_recorded", {})
    monkeypatch.setattr(gas, "_of_this_test", {})
    gas.record("jars.twice", 5)
    gas.record("jars.twice", 5)
    with pytest.raises(ValueError, match="was 5 before and is 6 now"):
        gas.record("jars.twice", 6)
    assert gas.take_new() == {"jars.twice": 5}
    assert gas.take_new() == {}
