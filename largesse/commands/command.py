"""Turns a function over (Session, Arguments) into what `brownie run` calls."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TypeVar

from largesse import session
from largesse.arguments import HELP, Arguments, Option, Usage, parse_arguments
from largesse.commands.owing import owed_told
from largesse.console import say
from largesse.session import Session

Result = TypeVar("Result")


def command(
    summary: str, *options: Option, example: str = "", open_names: str = "", own_chain: bool = False
) -> Callable[[Callable[[Session, Arguments], Result]], Callable[..., Result | None]]:
    """Decorates a script's function: `main("series=…", "amount=…")`. With `own_chain` it may have a chain
    that ends with it.

    With the one argument `help` it prints its usage and returns None. Raises ArgumentError before anything is
    connected or sent, then whatever the function raises: Brownie ends with exit code 1 on any of them.
    """

    def decorate(run: Callable[[Session, Arguments], Result]) -> Callable[..., Result | None]:
        usage = Usage(
            Path(run.__code__.co_filename).stem, run.__name__, summary, options, example, open_names
        )

        @wraps(run)
        def called(*given: str) -> Result | None:
            if len(given) == 1 and given[0] in HELP:
                say(usage.text())
                # `brownie run` wants the frame of the function that it called, and puts it here when it runs.
                run.__globals__.setdefault("__brownie_frame", sys._getframe())
                return None
            arguments = parse_arguments(usage, given)
            if not own_chain:
                session.require_lasting_chain()
            opened = session.open_session()
            with owed_told(opened):
                return run(opened, arguments)

        return called

    return decorate
