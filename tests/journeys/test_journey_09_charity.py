"""Journey 9: a charity gets 5,000 small gifts; the published total equals withdrawals plus balance.

They come in three ways: 2,000 tips from eight donors, 2,000 streams of as many accounts, and 1,000 tips to
an artist who shares its income with the charity. What is published is a sum over the escrow's logs; what was
withdrawn is a sum over the currency's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from largesse.eip712 import keccak
from tests.support.crowd import Crowd, crowd_chain, deploy, jar_of, settle
from tests.support.jars import ITSELF, NOON

DAY = 86_400
SCALE = 10**9
BLOCK_GAS = 200_000_000
DONORS = ("giver", "holder", "merchant", "supporter", "agent", "stranger", "recipient", "operator")
PLEDGE = 10 * DAY * 100  # for ten days
TIPS_EACH, STREAMS, SHARED = 250, 2_000, 1_000
GIFTS = len(DONORS) * TIPS_EACH + STREAMS + SHARED
SHARES = (7_000, 3_000)
"""The artist's and the charity's, in basis points."""


@dataclass
class Charity:
    """The charity's own jar, and the artist's that it has a part of."""

    crowd: Crowd
    loader: Any
    shared: int

    @property
    def address(self) -> str:
        return self.crowd.person("charity")

    @property
    def jar(self) -> int:
        return jar_of(self.address)

    def sum_of(self, event: str, jar: int, value: str = "amount") -> int:
        return sum(one[value] for one in self.crowd.events(event) if one["jarId"] == jar)

    def count(self) -> int:
        """Gifts so far, by their logs."""
        jars = (self.jar, self.shared)
        return sum(
            one["jarId"] in jars for name in ("Tipped", "StreamOpened") for one in self.crowd.events(name)
        )

    def published(self) -> int:
        """What was given to the charity: tips and streams, less what a payer took back, and its share of
        what the artist's jar paid out."""
        own = self.sum_of("Tipped", self.jar) + self.sum_of("StreamOpened", self.jar)
        own -= self.sum_of("StreamCancelled", self.jar, "refund")
        return own + self.sum_of("Collected", self.shared) * SHARES[1] // 10_000

    def withdrawn(self) -> int:
        """What the currency moved from the escrow to the charity."""
        topic = keccak(b"Transfer(address,address,uint256)")
        logs = self.crowd.web3.eth.get_logs(
            {
                "address": self.crowd.token.address,
                "topics": [word(topic), word(self.crowd.escrow.address), word(self.address)],  # type: ignore[list-item]
                "fromBlock": 0,
            }
        )
        return sum(int.from_bytes(log["data"], "big") for log in logs)

    def balance(self) -> int:
        """What the escrow holds and is not the artist's: neither uncollected in its jar nor owed to it."""
        waiting = self.sum_of("Tipped", self.shared) - self.sum_of("Collected", self.shared)
        artist = self.crowd.escrow.functions.owed(self.crowd.person("creator")).call()
        return self.crowd.held() - waiting - int(artist)

    def check(self) -> None:
        assert self.published() == self.withdrawn() + self.balance()

    def withdraw(self) -> None:
        """Collect both jars, then take what of the shared one is owed."""
        escrow = self.crowd.escrow.functions
        for jar in (self.jar, self.shared):
            self.crowd.send(escrow.collect(jar, 1_000), "charity")
        if escrow.owed(self.address).call():
            self.crowd.send(escrow.withdrawOwed(self.address, self.address, ITSELF), "charity")


def word(value: bytes | str) -> str:
    return "0x" + (value.hex() if isinstance(value, bytes) else value[2:].lower()).rjust(64, "0")


@pytest.fixture(scope="module")
def charity() -> Iterator[Charity]:
    with crowd_chain(gas_limit=BLOCK_GAS) as web3:
        token = deploy(web3, "TestToken", "Test Dollar", "TUSD", 6)
        crowd = settle(web3, token)
        loader = crowd.deploy("TipperLoader", crowd.escrow.address, token.address, SCALE)
        payees = [crowd.person("creator"), crowd.person("charity")]
        crowd.send(crowd.escrow.functions.createSharedJar(payees, list(SHARES)), "creator")
        yield Charity(crowd, loader, 1 << 160 | jar_of(crowd.person("creator")))


def tip_often(charity: Charity, donor: str, jar: int, count: int) -> int:
    """Tips of a few cents each, a hundred to a transaction; their sum."""
    person = charity.crowd.person(donor)
    amounts = [10_000 + 37 * number for number in range(count)]
    calls = [("tip", (person, jar, amount, f"no. {i}", ITSELF)) for i, amount in enumerate(amounts)]
    charity.crowd.many(calls, donor, 100)
    return sum(amounts)


def test_journey_09_charity(charity: Charity) -> None:
    crowd, token = charity.crowd, charity.crowd.token.functions
    assert GIFTS == 5_000
    for donor in DONORS:
        crowd.send(token.mint(crowd.person(donor), 10**9), "deployer")
        crowd.send(token.approve(crowd.escrow.address, 10**9), donor)

    # The first day: tips, and a thousand streams that run for hours or days.
    given = 0
    for donor in DONORS[:5]:
        given += tip_often(charity, donor, charity.jar, TIPS_EACH)
        charity.check()
    seconds = [600 + 270 * number for number in range(STREAMS // 2)]
    crowd.send(charity.loader.functions.load(charity.jar, STREAMS // 2, 600, 270), "deployer", BLOCK_GAS)
    given += sum(seconds)
    charity.check()
    assert charity.published() == given
    assert charity.withdrawn() == 0

    # It withdraws on the third day, while two thirds of the streams have ended; somebody changes his mind.
    key = (crowd.person("giver"), charity.jar, 0)
    opening = crowd.escrow.functions.open(key, 100 * SCALE, PLEDGE, ITSELF)
    crowd.send(opening, "giver")
    crowd.at(NOON + 2 * DAY)
    charity.withdraw()
    charity.check()
    assert 0 < charity.withdrawn() < charity.published() == given + PLEDGE
    crowd.at(crowd.now() + 5)
    crowd.send(crowd.escrow.functions.cancel(key, ITSELF), "giver")
    kept = PLEDGE - sum(one["refund"] for one in crowd.events("StreamCancelled"))
    given += kept
    charity.check()
    assert charity.published() == given

    # The artist's thousand tips: the charity has three tenths of what was collected, to the unit.
    shared = sum(tip_often(charity, donor, charity.shared, SHARED // 2) for donor in DONORS[5:7])
    charity.check()
    crowd.at(NOON + 3 * DAY)
    charity.withdraw()
    charity.check()
    assert charity.published() == given + shared * 3 // 10

    # The rest of the tips and another thousand streams; it withdraws in between and at the end.
    for donor in DONORS[5:]:
        given += tip_often(charity, donor, charity.jar, TIPS_EACH)
        charity.withdraw()
        charity.check()
    crowd.send(charity.loader.functions.load(charity.jar, STREAMS // 2, 600, 270), "deployer", BLOCK_GAS)
    given += sum(seconds)
    for day in (4, 5, 9):
        crowd.at(NOON + day * DAY)
        charity.withdraw()
        charity.check()
    assert charity.count() == GIFTS + 1  # and the one that was taken back
    assert charity.published() == charity.withdrawn() == crowd.purse("charity") == given + shared * 3 // 10
    assert charity.balance() in (0, 1)
