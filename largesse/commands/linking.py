"""Where the links lead that commands make."""

from __future__ import annotations

from typing import Final

from largesse.arguments import ArgumentError, Arguments, Option
from largesse.session import Session

PAGE: Final = Option("page", "where links lead, https://…; on a live chain it must be named", "")


def link_page(session: Session, given: Arguments, otherwise: str) -> str:
    """`page=…`; on a development chain `otherwise`, where nobody is, unless it is named.

    Raises ArgumentError no_page on a live chain: what is paid there should not be sent to such a place.
    """
    if given.has("page"):
        return given.text("page")
    if session.development:
        return otherwise
    raise ArgumentError(
        "no_page", f"chain {session.node.chain_id} is no development chain: say with page=… where links lead"
    )
