"""`solvency`: every liability out of the logs; one unit less in the contract and it fails."""

from __future__ import annotations

import pytest
from brownie import web3

from largesse.artifacts import artifact, certificates_abi
from largesse.books.certificates import _WITHOUT_BOOKS, Books, Redemption
from largesse.chain import Node
from largesse.chainlogs import Decoder, LogError
from largesse.deployment import DeploymentError
from largesse.signed.certificates import Redemption as RedemptionMessage
from largesse.solvency.certificates import InsolventError, audit, differences
from scripts import claim, give, redeem, refund, restore, solvency, transfer
from tests.fixtures.desk import DE, KR, US, Desk


@pytest.fixture(scope="module")
def busy(desk: Desk) -> Desk:
    """A contract to which everything has happened that scripts can do before expiry."""
    desk.issue("holder", "100000")
    desk.issue("giver", "150000")
    transfer.main(f"series={KR}", "from=holder", "to=recipient", "amount=30000")
    transfer.main(f"series={KR}", "from=holder", "to=holder", "amount=1")
    redeem.main(f"series={KR}", "from=holder", "amount=31000", "merchant=bookshop")
    signed = restore.sign(f"series={KR}", "from=holder", "amount=1000", "merchant=bookshop")
    restore.main(f"signed={signed}", "from=bookshop")
    refund.main(f"series={KR}", "from=holder", "amount=15000")
    open_gift = give.main(f"series={KR}", "amount=50000", "message=hello")
    assert open_gift is not None
    taken = give.main(f"series={KR}", "amount=50000", "to=recipient")
    assert taken is not None
    claim.main(f"link={taken.link.url()}", "to=recipient")
    recalled = give.main(f"series={KR}", "amount=50000", "deliver=2030-01-01")
    assert recalled is not None
    desk.krw.recall(desk.wallet("giver"), recalled.link.gift)
    desk.issue("holder", "25.00", US)
    desk.issue("reader", "30", DE)
    return desk


def test_the_books_by_logs_are_the_contracts(busy: Desk) -> None:
    proof = solvency.main()
    assert proof is not None
    audits = proof.certificates
    books = audits["KRWT"].books
    assert books.outstanding == busy.krw.state(1).outstanding == 250_000 - 31_000 + 1_000 - 15_000
    assert books.fees == busy.krw.state(1).fees_accrued == 930
    assert books.unclaimed()[1] == 50_000
    assert {symbol: one.surplus for symbol, one in audits.items()} == {"KRWT": 0, "USDC": 0, "EURT": 0}
    assert [one.narrowest for one in audits.values()] == [0, 0, 0]
    assert {symbol: one.surplus for symbol, one in proof.jars.items()} == {"KRWT": 0, "USDC": 0, "EURT": 0}
    series = books.series[1]
    assert (series.issued, series.redeemed, series.restored, series.refunded) == (
        250_000, 31_000, 1_000, 15_000,
    )  # fmt: skip


def test_what_is_compared_is_asked_together(busy: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    books, block = audit(busy.krw).books, busy.block()
    monkeypatch.setattr(Node, "call", lambda *_, **__: pytest.fail("asked by itself"))
    assert differences(busy.krw, books, block) == []


@pytest.mark.parametrize("size", ("1", "7", "100000"))
def test_it_does_not_matter_how_many_blocks_are_asked_for_at_once(busy: Desk, size: str) -> None:
    proof = solvency.main("currency=KRWT", f"range={size}")
    assert proof is not None
    audits = proof.certificates
    assert list(audits) == ["KRWT"]
    assert audits["KRWT"].books.liabilities == busy.won.balance(busy.krw.address)


def test_one_unit_taken_away_is_missed(busy: Desk) -> None:
    held = busy.won.balance(busy.krw.address)
    # OpenZeppelin's ERC-20 keeps balances in the mapping at slot 0.
    slot = web3.keccak(bytes.fromhex(busy.krw.address[2:]).rjust(32, b"\0") + bytes(32))
    busy.session.node.develop(
        "anvil_setStorageAt",
        [busy.won.address, slot.to_0x_hex(), "0x" + (held - 1).to_bytes(32, "big").hex()],
    )
    assert busy.won.balance(busy.krw.address) == held - 1
    with pytest.raises(InsolventError) as error:
        solvency.main()
    assert error.value.reason == "missing_money"
    assert f"1 KRWT (1 base units) are missing: {held - 1} are held and {held} are owed" in str(error.value)


def test_money_sent_by_mistake_is_a_surplus_and_no_problem(busy: Desk) -> None:
    transfer_abi = artifact("TestToken").abi
    token = web3.eth.contract(address=busy.won.address, abi=transfer_abi)
    busy.session.node.send(token.functions.transfer(busy.krw.address, 7), busy.wallet("supporter"))
    proof = solvency.main("currency=KRWT")
    assert proof is not None
    audits = proof.certificates
    assert (audits["KRWT"].surplus, audits["KRWT"].problems) == (7, ())


def test_a_contract_whose_storage_was_changed_is_seen(busy: Desk) -> None:
    """The outstanding sum of series 1 lies in the low 96 bits of `_series[1]`."""
    slot = next(
        place
        for place in (web3.keccak((1).to_bytes(32, "big") + base.to_bytes(32, "big")) for base in range(12))
        if int.from_bytes(web3.eth.get_storage_at(busy.krw.address, place), "big") & (2**96 - 1)
        == busy.krw.state(1).outstanding
    )
    word = int.from_bytes(web3.eth.get_storage_at(busy.krw.address, slot), "big")
    busy.session.node.develop(
        "anvil_setStorageAt",
        [busy.krw.address, slot.to_0x_hex(), "0x" + (word - 1).to_bytes(32, "big").hex()],
    )
    with pytest.raises(InsolventError) as error:
        solvency.main("currency=KRWT")
    assert error.value.reason == "books_differ"
    assert "series 1, outstanding: 205000 by the logs, 204999 by the contract" in str(error.value)


def test_every_redemption_is_rebuilt_as_it_happened(busy: Desk) -> None:
    """Invariant 20: from logs alone, in order, with merchant, order, nonce and fee."""
    node, certificates = busy.session.node, busy.krw
    shop, cinema, giver = busy.wallet("bookshop"), busy.wallet("cinema"), busy.wallet("giver")
    first = certificates.redeem(giver, 1, 1_000, cinema.address)
    request = certificates.request_payment(shop, 41, 33_333, node.now() + 600, least=32_334)
    cards = [
        certificates.sign_card(giver, request, 1, 30_000),
        certificates.sign_card(busy.wallet("recipient"), request, 1, 3_333),
    ]
    second = certificates.pay(request, cards, busy.wallet("relayer"))
    rows = []
    for amount, order in ((500, 0), (10**9, 0), (700, 43)):
        nonce = certificates.account(1, giver.address).nonce + 1 + len(rows)
        message = RedemptionMessage(
            giver.address, 1, amount, shop.address, "0x" + "00" * 20, order, b"", nonce, node.now() + 600
        )
        signature = message.sign(certificates.domain, giver.key)
        rows.append((giver.address, 1, amount, order, nonce, message.deadline, signature))
    third = node.send(certificates.contract.functions.redeemBatch(rows), shop)
    start = rows[0][4]
    fourth_row = (*rows[0][:3], 0, start + 3, rows[0][5])
    message = RedemptionMessage(
        giver.address, 1, 500, shop.address, "0x" + "00" * 20, 0, b"", start + 3, fourth_row[5]
    )
    fourth = node.send(
        certificates.contract.functions.redeemSigned(
            (*fourth_row, message.sign(certificates.domain, giver.key))
        ),
        shop,
    )

    def row(receipt: object, holder: str, merchant: str, amount: int, order: int, nonce: int) -> Redemption:
        return Redemption(
            int(receipt["blockNumber"]),  # type: ignore[index]
            receipt["transactionHash"].to_0x_hex(),  # type: ignore[index]
            1, holder, merchant, merchant, amount, amount * 300 // 10_000, order, nonce,
        )  # fmt: skip

    recipient = busy.address("recipient")
    assert audit(certificates).books.redemptions[1:] == [
        row(first, giver.address, cinema.address, 1_000, 0, 0),
        row(second, giver.address, shop.address, 30_000, 41, cards[0].nonce),
        row(second, recipient, shop.address, 3_333, 41, cards[1].nonce),
        # The middle row of the batch was more than the card held, and was skipped.
        row(third, giver.address, shop.address, 500, 0, start),
        row(third, giver.address, shop.address, 700, 43, start + 2),
        row(fourth, giver.address, shop.address, 500, 0, start + 3),
    ]
    assert audit(certificates).problems == ()


def test_after_expiry_and_forfeiture_the_books_still_hold(busy: Desk) -> None:
    node, certificates = busy.session.node, busy.krw
    node.jump_to(certificates.terms(1).expires_at)
    refund.main(f"series={KR}", "from=recipient", "amount=33333")
    limitation = certificates.terms(1).limitation_at
    node.jump_to(limitation)
    certificates.forfeit(busy.wallet("stranger"), 1)
    proof = solvency.main()
    assert proof is not None
    audits = proof.certificates
    books = audits["KRWT"].books
    # 90 % of 33,333 rounds down to 29,999; 3,334 are owed to the beneficiary.
    assert (books.outstanding, books.fees, books.total_owed) == (0, 930, 3_334)
    assert audits["KRWT"].reserve == 930 + 3_334
    assert books.series[1].forfeit == 205_000 - 33_333


def test_an_unknown_currency_is_named(desk: Desk) -> None:
    with pytest.raises(DeploymentError) as error:
        solvency.main("currency=GBPT")
    assert error.value.reason == "unknown_currency"
    assert "KRWT, USDC, EURT" in str(error.value)


def test_every_event_of_the_contract_is_booked_or_known_to_book_nothing() -> None:
    inside = {"TransferSingle", "Refunded", "Converted", "GiftGiven", "GiftAddressed", "GiftBatchGiven"}
    inside |= {"GiftClaimed", "GiftClaimedFromBatch", "Restored"}
    alone = {name.removeprefix("_on_") for name in dir(Books) if name.startswith("_on_")}
    declared = {one["name"] for one in certificates_abi() if one["type"] == "event"}
    assert declared <= inside | alone | set(_WITHOUT_BOOKS)


def test_an_event_of_no_contract_is_not_passed_over() -> None:
    decoder = Decoder(certificates_abi())
    log = {"topics": [web3.keccak(text="Upgraded(address)")], "blockNumber": 5, "logIndex": 2}
    with pytest.raises(LogError) as error:
        decoder.decode(log)  # type: ignore[arg-type]
    assert error.value.reason == "unknown_event"
    assert "block 5, log 2" in str(error.value)
