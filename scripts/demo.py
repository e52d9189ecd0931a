"""The demo: `make demo`. Ends with exit code 0 only if every currency holds exactly what it owes."""

from __future__ import annotations

from datetime import UTC, datetime

from largesse.arguments import Arguments
from largesse.command import command
from largesse.proof import Proof
from largesse.session import CHECKOUT, Session, SessionError
from largesse.tour import Tour

EXAMPLES = CHECKOUT / "examples"


@command("A tour of everything on a development chain of its own; writes cards and QR codes into out/demo-….")
def main(session: Session, _: Arguments) -> Proof:
    if not session.development:
        raise SessionError("live_chain", "the demo spends money at random: development chains only")
    folder = session.out(f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    tour = Tour(session.node, folder, EXAMPLES / "manifests" / "demo.toml", EXAMPLES / "recipients-1000.csv")
    return tour.run()
