"""A purse that was made anew without the file that it had kept its state in, as the documentation's
example had none, signed sums that had paid for other calls: it was refused, call after call, and could not
tell why."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from largesse.gateway.purse import Paying, Purse, PurseError
from tests.fixtures.gateways import ARTICLE, Served


def article(served: Served, purse: Purse, number: int = 1) -> int:
    with httpx.Client(auth=Paying(purse), base_url=served.url) as client:
        return client.get(f"/articles/{number}").status_code


@pytest.mark.parametrize("calls", [2, 3])
def test_it_says_what_it_lacks_and_goes_on_with_it(served: Served, calls: int) -> None:
    key = served.desk.open(1_000_000)
    before = served.purse(key)
    assert [article(served, before) for _ in range(calls)] == [200] * calls
    anew = served.purse(key)
    with pytest.raises(PurseError, match=f"begin={calls * ARTICLE}") as error:
        for _ in range(2):  # where the sums are the same, a voucher alone is refused at first
            article(served, anew)
    assert error.value.reason == "unknown_past"
    again = served.purse(key, begin=calls * ARTICLE)
    assert article(served, again) == 200
    assert served.line(key)[1] == again.charged == (calls + 1) * ARTICLE


def test_with_its_state_it_goes_on(served: Served, tmp_path: Path) -> None:
    """What it would begin with counts where there is no state yet."""
    key, state = served.desk.open(1_000_000), tmp_path / "spent.json"
    for begin in (0, 70_000, 70_000):
        assert article(served, served.purse(key, state=state, begin=begin)) == 200
    assert served.line(key) == (3 * ARTICLE, 3 * ARTICLE)


def test_what_it_begins_with_is_of_its_budget(served: Served) -> None:
    purse = served.purse(served.desk.open(1_000_000), budget=ARTICLE, begin=1)
    with pytest.raises(PurseError) as error:
        article(served, purse)
    assert (error.value.reason, purse.signed) == ("over_budget", 1)


def test_an_api_that_says_charged_of_its_own_is_no_gateway_that_does(served: Served) -> None:
    """Where a payment is refused the word is the gateway's, and nowhere else."""

    def serve(request: httpx.Request) -> httpx.Response:
        if "payment-signature" in request.headers:
            return httpx.Response(404, json={"charged": 10**9})
        return httpx.get(served.url + "/articles/1")

    purse = served.purse(served.desk.open(1_000_000))
    with httpx.Client(auth=Paying(purse), transport=httpx.MockTransport(serve)) as client:
        assert client.get("http://shop/articles/1").status_code == 404
