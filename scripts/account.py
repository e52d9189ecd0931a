"""An account's money for gas and its transactions: what is final, what waits, and what to do about that."""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.commands.command import command
from largesse.console import done, table
from largesse.session import Session
from largesse.waiting import Sent, ether, gwei, replace_first, sent_by


@command(
    "Show an account: money for gas, transactions in blocks and not, and what gas costs now.",
    Option("of", "its address (a role on a development chain)", ""),
    Option("from", "or the account itself: its password is tried", ""),
    example="of=relayer",
)
def main(session: Session, given: Arguments) -> Sent:
    node = session.node
    if given.has("of"):
        address = session.address(given.text("of"))
    else:
        address = session.wallet(given, "deployer").address
    sent, fees = sent_by(node, address), node.fees()
    rows = (
        ("money for gas", ether(int(node.web3.eth.get_balance(node.web3.to_checksum_address(address))))),
        (f"transactions under {node.confirmations} blocks", str(sent.final)),
        ("in a block", str(sent.mined)),
        ("in no block yet", str(sent.waiting)),
        ("a unit of gas now, at most", gwei(fees.most)),
        ("of it the tip", gwei(fees.tip)),
    )
    table(f"{address} on chain {node.chain_id}", ("", ""), rows, right=1)
    return sent


@command(
    "Have the first transaction that no block takes replaced by an empty payment to the account itself. One "
    "of the two is mined; then do again what was asked for.",
    Option("most", "gwei a unit of gas at most", "500"),
    Option("from", "whose", ""),
    example="from=deployer",
)
def replace(session: Session, given: Arguments) -> str:
    wallet, most = session.wallet(given, "deployer"), given.amount("most", 9)
    sent = sent_by(session.node, wallet.address)
    if not sent.waiting:
        done(f"all that {wallet.name} has sent is in a block: there is nothing to replace")
        return ""
    session.confirm(
        f"An empty payment takes the place of {wallet.name}'s transaction number {sent.mined}.",
        f"replace {sent.mined}",
    )
    signed = replace_first(session.node, wallet, most)
    receipt = session.node.wait(signed.tx_hash)
    if receipt is None and sent_by(session.node, wallet.address).mined == sent.mined:
        done(f"{signed.tx_hash} is sent and in no block yet: `brownie run account` shows when it is")
    elif receipt is None:
        done("the first one was mined after all")
    else:
        done(f"{signed.tx_hash} is in block {receipt['blockNumber']}")
    return signed.tx_hash
