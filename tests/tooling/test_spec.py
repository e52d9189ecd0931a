"""docs/SPEC.md names tests that there are, one at least for each rule, and every error of the contracts."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/SPEC.md").read_text()
RULES = re.findall(r"^- \*\*(\w+)\*\* (.*)$", TEXT, re.MULTILINE)
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def declared() -> set[str]:
    sources = [*ROOT.glob("interfaces/*.sol"), *ROOT.glob("contracts/**/*.sol")]
    ours = [path for path in sources if "test" not in path.relative_to(ROOT).parts]
    texts = (path.read_text() for path in ours)
    return {name for text in texts for name in re.findall(r"^\s*error (\w+)\(", text, re.MULTILINE)}


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMED}))
def test_what_it_names_is_there(path: str) -> None:
    assert {test for file, test in NAMED if file == path} <= names_in(path)


def test_each_rule_has_a_number_of_its_own_and_a_test() -> None:
    numbers = [number for number, _ in RULES]
    assert len(numbers) == len(set(numbers)) == TEXT.count("\n- ")
    assert [number for number, rule in RULES if not re.search(r"`tests/[\w/]+\.py::\w+`", rule)] == []


@pytest.mark.parametrize(("number", "rule"), RULES, ids=[number for number, _ in RULES])
def test_a_test_of_a_rule_names_the_rules_error(number: str, rule: str) -> None:
    """Itself, or by a helper of its file, which may leave the contract's name out."""
    tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", rule)
    texts = [text_of(path, test) for path, test in tests]
    files = [(ROOT / path).read_text() for path, _ in tests]
    unnamed = [
        error
        for error in re.findall(r"`([A-Z]\w+_\w+)`", rule)
        if not any(error in text for text in texts)
        and not any(re.search(rf"\b(\w+_)?{error.split('_')[1]}\b", text) for text in files)
    ]
    assert unnamed == [], number


def text_of(path: str, test: str) -> str:
    """What a test says, with its decorators."""
    source = (ROOT / path).read_text()
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    parts = [part for node in found if node.name == test for part in (node, *node.decorator_list)]
    return "\n".join(ast.get_source_segment(source, part) or "" for part in parts)


def test_each_error_is_a_rule() -> None:
    assert set(re.findall(r"`([A-Z]\w+_\w+)`", TEXT)) == declared()


def test_invariants_it_points_at_are_there() -> None:
    rows = (ROOT / "tests/stateful/INVARIANTS.md").read_text()
    there = {
        number for row in re.findall(r"^\| ([\d, ]+) \|", rows, re.MULTILINE) for number in row.split(", ")
    }
    assert set(re.findall(r"Invariant (\d+)\.", TEXT)) <= there
