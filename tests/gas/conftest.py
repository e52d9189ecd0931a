"""Gas is measured with the token of the bench."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bench import plain_token


@pytest.fixture(scope="module", autouse=True)
def token_of_the_bench(project: Any) -> Iterator[None]:
    """Whoever deploys TestToken in these modules deploys that one."""
    container, code = project.TestToken, plain_token.creation_code().hex()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(container, "bytecode", code)
        patch.setitem(container._build, "bytecode", code)
        yield
