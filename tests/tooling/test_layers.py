"""docs/ARCHITECTURE.md shows who imports whom in `largesse/`, and nobody imports against the layers."""

from __future__ import annotations

import graphlib

import pytest

from tools import layers


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


def test_the_page_is_what_the_imports_say() -> None:
    between = layers.PAGE.read_text().split(layers.BEGIN)[1].split(layers.END)[0]
    assert between == layers.render()


def test_each_module_is_in_one_layer() -> None:
    listed = [unit for layer in layers.LAYERS for unit in layer.units]
    assert len(listed) == len(set(listed))
    assert set(listed) == layers.units()


def test_nobody_imports_from_a_layer_above() -> None:
    place = layers.LAYER_OF
    assert [(unit, to) for unit, to in sorted(layers.imports()) if place[unit] < place[to]] == []


def test_no_imports_go_round_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for unit, to in layers.imports():
        graph.setdefault(unit, set()).add(to)
    graphlib.TopologicalSorter(graph).prepare()


def test_the_imports_are_seen() -> None:
    assert {("clients/", "chain"), ("report/", "indexer/"), ("eip712", "curve")} <= layers.imports()
