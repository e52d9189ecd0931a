"""A settlement was signed, and another program used its nonce before it was sent. The settler went on with
what it had signed, which could never be mined: as long as the vouchers were the same, nothing was settled."""

from __future__ import annotations

import pytest

from tests.gateway.test_settler import Desk, desk  # noqa: F401 - a fixture

# ruff: noqa: F811


def test_the_same_vouchers_are_settled_by_another_transaction(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepaid = desk.prepaid
    key = prepaid.open(1_000)
    desk.take(key, 300)
    with monkeypatch.context() as patch:
        patch.setattr(desk.settler.sender.node, "broadcast", lambda raw: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.settler.run()
    prepaid.token.approve(prepaid.stranger, 0, {"from": prepaid.merchant})
    _, (done,) = desk.settler.run()
    assert done.rows == {key[1]: 300}
    assert desk.settler.run()[1] == []
    assert prepaid.money(key) == (1_000, 300)
