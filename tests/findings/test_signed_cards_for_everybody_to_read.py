"""What `redeem sign` and `restore sign` wrote could be read by everybody on the machine, who could submit it;
and a run that broke off while it wrote left neither the signatures of before nor the new one."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import redeem, restore
from tests.fixtures.desk import KR, Desk


@pytest.fixture
def signed(desk: Desk) -> Iterator[Path]:
    """The holder's card for a till's request, by somebody whose files others may read."""
    for role in ("holder", "giver"):
        desk.issue(role, "50000")
    mask = os.umask(0o022)
    picture = redeem.till("currency=KRWT", "total=1000", "order=7", "fee=3", "from=bookshop")
    path = redeem.sign(f"request={picture}", f"series={KR}", "amount=600", "from=holder")
    assert path is not None
    yield path
    os.umask(mask)
    path.unlink()


def test_signatures_are_their_owners_alone(signed: Path, desk: Desk) -> None:
    redeem.main(f"series={KR}", "amount=1000", "merchant=bookshop", "from=giver")
    back = restore.sign(f"series={KR}", "amount=1000", "merchant=bookshop", "from=giver")
    assert back is not None
    for path in (signed, back):
        assert path.stat().st_mode & 0o777 == 0o600, path.name


def test_what_was_signed_before_survives_a_run_that_breaks_off(signed: Path) -> None:
    """No file may grow any more, as on a disk that is full."""
    before, limits = signed.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before), limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            redeem.sign(
                f"request={signed.parent / 'order-7.png'}", f"series={KR}", "amount=400", "from=giver"
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert signed.read_bytes() == before
