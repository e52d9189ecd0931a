"""Journey 10: an operator issues 1,000 from a CSV, runs it again, the sale is stopped, and holders notice
nothing: they redeem and are paid back. The operator never gets at the reserve.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from largesse.artifacts import artifact
from largesse.chain import ChainError, Node, RefusedError, Wallet
from largesse.clients.certificates import ClientError
from largesse.gifts.links import new_link_key
from largesse.holdings import Right
from largesse.recipients import load_recipients
from scripts import issue, redeem, refund, solvency
from tests.fixtures.desk import CSV, KR, Desk

LIST = (f"series={KR}", f"csv={CSV}", "from=operator")


def test_an_operator_issues_a_list_and_cannot_touch_what_it_paid_in(desk: Desk, tmp_path: Path) -> None:
    certificates, node = desk.krw, desk.session.node
    operator, issuer = desk.wallet("operator"), desk.wallet("issuer")
    recipients = load_recipients(Path(CSV), decimals=0, denomination=50_000)
    functions = certificates.contract.functions
    token = node.web3.eth.contract(address=desk.won.address, abi=artifact("TestToken").abi)
    node.send(token.functions.mint(operator.address, recipients.total + 50_000), desk.wallet("deployer"))

    # Without the issuer's word the operator issues nothing.
    with pytest.raises(RefusedError) as stranger:
        issue.one(f"series={KR}", "to=holder", "amount=50000", "from=operator")
    assert stranger.value.reason == "GiftCertificates_NotOperator"
    node.send(functions.setOperator(1, operator.address, recipients.total + 50_000), issuer)

    result = issue.main(*LIST)
    assert result is not None
    assert (result.rows_now, result.total, result.skipped) == (1_000, 108_600_000, ())
    again = issue.main(*LIST)
    assert again is not None
    assert again.rows_now == 0
    assert certificates.state(1).outstanding == recipients.total
    balances = certificates.balances(1, [one.address for one in recipients.recipients])
    assert balances == [one.amount for one in recipients.recipients]

    # The limit of the day holds to the unit: 50,000 are left, 100,000 are too much.
    with pytest.raises(RefusedError) as limit:
        issue.one(f"series={KR}", "to=holder", "amount=100000", "from=supporter")
    assert limit.value.reason == "GiftCertificates_NotOperator"
    node.send(token.functions.mint(operator.address, 100_000), desk.wallet("deployer"))
    with pytest.raises(RefusedError) as over:
        issue.one(f"series={KR}", "to=holder", "amount=100000", "from=operator")
    assert (over.value.reason, over.value.values) == ("GiftCertificates_OverDailyLimit", (100_000, 50_000))
    issue.one(f"series={KR}", "to=holder", "amount=50000", "from=operator")

    # The issuer stops the sale for good.
    certificates.wind_down(issuer, 1)
    with pytest.raises(RefusedError) as stopped:
        issue.one(f"series={KR}", "to=holder", "amount=50000", "from=operator")
    assert (stopped.value.reason, stopped.value.values) == ("GiftCertificates_AlreadyWoundDown", (1,))
    more = tmp_path / "more.csv"
    more.write_text("\n".join(Path(CSV).read_text(encoding="utf-8").splitlines()[:2]) + "\n")
    with pytest.raises(ClientError) as closed:
        issue.main(f"series={KR}", f"csv={more}", "from=operator")
    assert closed.value.reason == "sales_closed"

    # Redemption and refunds go on.
    before = desk.won.balance(desk.address("cinema"))
    redeem.main(f"series={KR}", "amount=10000", "merchant=cinema", "from=holder")
    assert desk.won.balance(desk.address("cinema")) - before == 9_700
    paid = refund.main(f"series={KR}", "from=holder")
    assert paid is not None
    assert (paid.right, paid.payout) == (Right.FULL, 40_000)
    proof = solvency.main()
    assert proof is not None
    audits = proof.certificates
    assert audits["KRWT"].reserve == recipients.total + 300

    _neither_gets_at_the_reserve(node, desk, (operator, issuer))
    assert desk.won.balance(certificates.address) == recipients.total + 300 - 300


def _neither_gets_at_the_reserve(node: Node, desk: Desk, rulers: tuple[Wallet, ...]) -> None:
    """Everything that pays out, tried by those who rule the sale. Only the issuer's own fee is theirs."""
    certificates = desk.krw
    functions = certificates.contract.functions
    victim = load_recipients(Path(CSV), decimals=0, denomination=50_000).recipients[0]
    foreign = Wallet.from_key("foreign", new_link_key())
    nothing = (0, 0, b"")
    now = node.now()
    for ruler in rulers:
        attempts = (
            (functions.redeem(1, 1, desk.address("bookshop")), "GiftCertificates_InsufficientBalance"),
            (functions.refund(victim.address, 1, 1, 0, nothing), "GiftCertificates_NotYourCard"),
            (functions.refund(ruler.address, 1, 1, 0, nothing), "GiftCertificates_OverEntitlement"),
            (
                functions.refund(victim.address, 1, 1, 0, (1, now + 99, _forged(desk, foreign))),
                "GiftCertificates_InvalidSignature",
            ),
            (functions.withdrawOwed(ruler.address, ruler.address, nothing), "GiftCertificates_NothingOwed"),
            (functions.forfeit(1), "GiftCertificates_BeforeLimitation"),
            (
                functions.safeTransferFrom(victim.address, ruler.address, 1, 1, b""),
                "ERC1155MissingApprovalForAll",
            ),
        )
        for call, error in attempts:
            with pytest.raises(RefusedError) as refused:
                node.send(call, ruler)
            assert refused.value.reason == error, str(refused.value)
    # The fee is the issuer's, whoever asks for it to be paid.
    before = desk.won.balance(desk.address("issuer"))
    node.send(functions.collectFees(1), rulers[0])
    assert desk.won.balance(desk.address("issuer")) - before == 300
    with pytest.raises(RefusedError) as empty:
        node.send(functions.collectFees(1), rulers[1])
    assert empty.value.reason == "GiftCertificates_NothingOwed"
    assert certificates.state(1).fees_accrued == 0


def _forged(desk: Desk, forger: Wallet) -> bytes:
    """A well-formed signature of the wrong key."""
    return desk.krw.sign_restoration(forger, 1, 1, desk.address("bookshop")).signature


def test_an_operator_that_is_dismissed_issues_no_more(desk: Desk) -> None:
    node, functions = desk.session.node, desk.krw.contract.functions
    issuer, operator = desk.wallet("issuer"), desk.wallet("agent")
    node.send(functions.setOperator(1, operator.address, 100_000), issuer)
    issue.one(f"series={KR}", "to=holder", "amount=50000", "from=agent")
    node.send(functions.setOperator(1, operator.address, 0), issuer)
    with pytest.raises(RefusedError) as error:
        issue.one(f"series={KR}", "to=holder", "amount=50000", "from=agent")
    assert error.value.reason == "GiftCertificates_NotOperator"
    with pytest.raises(ChainError):
        issue.one(f"series={KR}", "to=holder", "amount=50000", "from=nobody")
