"""The demo: `make demo`. Ends with exit code 0 only if every currency holds exactly what it owes."""

from __future__ import annotations

from datetime import UTC, datetime

from largesse.arguments import Arguments, Option
from largesse.commands.command import command
from largesse.demo.tour import Tour
from largesse.files import CHECKOUT
from largesse.session import Session, SessionError
from largesse.solvency.proof import Proof

EXAMPLES = CHECKOUT / "examples"


@command(
    "A tour of everything on a development chain of its own; writes cards and QR codes into out/demo-….",
    Option("calls", "how many calls of a paid API the agent makes", "10000"),
    own_chain=True,
)
def main(session: Session, given: Arguments) -> Proof:
    if not session.development:
        raise SessionError("live_chain", "the demo spends money at random: development chains only")
    folder = session.out(f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    manifest, recipients = EXAMPLES / "manifests" / "demo.toml", EXAMPLES / "recipients-1000.csv"
    calls = given.whole("calls", least=1, most=1_000_000)
    return Tour(session.node, folder, manifest, recipients, calls).run()
