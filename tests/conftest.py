"""What every test gets. Each file of tests/fixtures/ is a plugin (see its README): put a new fixture
there.
"""

from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.support")

pytest_plugins = [
    f"tests.fixtures.{path.stem}" for path in sorted(Path(__file__).parent.glob("fixtures/[!_]*.py"))
]
