"""The auditor's question, answered from logs: does each contract hold what it owes?"""

from __future__ import annotations

from largesse.arguments import Arguments, Option
from largesse.chainlogs import DEFAULT_RANGE
from largesse.commands.command import command
from largesse.console import console, done
from largesse.session import Session
from largesse.solvency.proof import Proof, prove
from largesse.solvency.statements import show_proof


@command(
    "Rebuild every liability from logs, compare with the contract and with the money it holds. Ends with an "
    "error when one unit is missing.",
    Option("currency", "only this symbol (default: all)", ""),
    Option("range", "blocks to ask for at once", str(DEFAULT_RANGE)),
    example="currency=KRWT",
)
def main(session: Session, given: Arguments) -> Proof:
    deployment = session.deployment()
    currencies = deployment.currencies
    if given.has("currency"):
        currencies = (deployment.currency(given.text("currency")),)
    with console.status("reading logs") as status:
        proof = prove(
            session.node,
            currencies,
            most=given.whole("range", least=1),
            report=lambda what: status.update(f"{what}: reading logs"),
        )
    show_proof(proof, {one.symbol: one.decimals for one in currencies})
    proof.require_solvent()
    done("every contract holds what it owes, to the unit, after every block")
    return proof
