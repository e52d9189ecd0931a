"""An agent's side: calls that are paid from a prepaid account, within a budget."""

from __future__ import annotations

import httpx

from largesse.amounts import format_amount
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.commands.command import command
from largesse.console import console, done, progress, say
from largesse.gateway.purse import Paying, Purse, ask
from largesse.gateway.session_keys import SessionKey
from largesse.session import Session
from largesse.vouchers import micros, unit_of

_SHOWN = 2_000


@command(
    "Call a paid API. Asks again where an answer was lost, and never pays a call twice.",
    Option("url", "what to call"),
    Option("session", "the account that pays: out/sessions/<name>.json"),
    Option("method", "GET, POST, …", "GET"),
    Option("json", "a body", ""),
    Option("calls", "how often", "1"),
    Option("budget", "the most that this session may spend in all, in whole currency (default: all)", ""),
    Option("most", "the most that one call may cost", ""),
    example="url=http://127.0.0.1:8402/articles/1 session=crawler budget=1",
)
def main(session: Session, given: Arguments) -> Purse:
    folder, name = session.out("sessions"), given.file_name("session")
    path = folder / f"{name}.json"
    if not path.is_file():
        raise ArgumentError(
            "no_such_session", f"there is no out/sessions/{path.name}: `brownie run prepaid open`"
        )
    key = SessionKey.read(path)
    budget = _micros(given, "budget", key) if given.has("budget") else 2**47 - 1
    most = _micros(given, "most", key) if given.has("most") else None
    purse = key.purse(budget=budget, most_per_call=most, state=folder / f"{name}.spent.json")
    before, count = purse.charged, given.whole("calls", least=1, most=10_000_000)
    answer = None
    headers = {"content-type": "application/json"} if given.has("json") else {}
    content = given.text("json").encode() if given.has("json") else None
    with httpx.Client(auth=Paying(purse), timeout=60) as client, progress("calls", count) as advance:
        for _ in range(count):
            answer = ask(client, given.text("method"), given.text("url"), headers=headers, content=content)
            if answer.status_code >= 400:
                break
            advance(1)
    if answer is None or answer.status_code >= 400:
        text = "" if answer is None else f"{answer.status_code}: {answer.text[:_SHOWN]}"
        raise ArgumentError("refused", f"the server answered {text}")
    console.rule("the last answer")
    say(answer.text[:_SHOWN])
    console.rule()
    done(f"{count:,} call(s) for {_shown(purse.charged - before, key)}")
    say(f"in all this session has spent {_shown(purse.charged, key)}, and signed {_shown(purse.signed, key)}")
    return purse


def _micros(given: Arguments, name: str, key: SessionKey) -> int:
    return micros(given.amount(name, key.decimals), key.decimals)


def _shown(amount: int, key: SessionKey) -> str:
    return f"{format_amount(amount * unit_of(key.decimals), key.decimals)} {key.symbol}"
