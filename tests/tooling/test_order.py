from pathlib import Path

import pytest

from tests.fixtures.order import FIRST

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", FIRST)
def test_what_begins_first_is_there(name: str) -> None:
    assert (TESTS / name).is_file()
