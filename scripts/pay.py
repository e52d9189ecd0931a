"""An agent's side: calls that are paid from a prepaid account, within a budget."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx

from largesse.amounts import format_amount
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.commands.command import command
from largesse.console import console, done, progress, say, table
from largesse.files import lock_file
from largesse.gateway import receipts as signed
from largesse.gateway import wire
from largesse.gateway.purse import Paying, Purse, PurseError, ask, receipt_signer
from largesse.gateway.session_keys import SessionKey
from largesse.moments import minute
from largesse.session import Session
from largesse.vouchers import micros, unit_of

SESSION = Option("session", "the account that pays: out/sessions/<name>.json")
_SHOWN = 2_000


@command(
    "Call a paid API. Asks again where an answer was lost, and never pays a call twice.",
    Option("url", "what to call"),
    SESSION,
    Option("method", "GET, POST, …", "GET"),
    Option("json", "a body", ""),
    Option("calls", "how often", "1"),
    Option("budget", "the most that this session may spend in all, in whole currency (default: all)", ""),
    Option("most", "the most that one call may cost", ""),
    Option("receipts", "yes: check the seller's receipts, and keep them", "no"),
    Option("begin", "where out/sessions/<name>.spent.json is lost: what all calls have cost before", ""),
    example="url=http://127.0.0.1:8402/articles/1 session=crawler budget=1",
)
def main(session: Session, given: Arguments) -> Purse:
    path = _path(session, given)
    try:
        lock = lock_file(path.with_suffix(".lock"))
    except BlockingIOError:
        raise ArgumentError(
            "session_in_use", f"another run pays from out/sessions/{path.name}: wait for it, or open another"
        ) from None
    try:
        return _call(given, path, SessionKey.read(path))
    finally:
        os.close(lock)


@command(
    "What the seller has signed for the calls of a session that were made with `receipts=yes`.",
    SESSION,
    example="session=crawler",
)
def receipts(session: Session, given: Arguments) -> int:
    path = _path(session, given)
    key, kept = SessionKey.read(path), path.with_suffix(".receipts")
    if not kept.is_file():
        raise ArgumentError("no_receipts", f"there is no out/sessions/{kept.name}: pay with receipts=yes")
    domain = signed.receipts_domain(key.account.chain_id, key.account.contract)
    rows, total, seen = [], 0, set[int]()
    for number, line in enumerate(kept.read_text(encoding="utf-8").splitlines(), 1):
        try:
            one = json.loads(line)
            call, receipt, signer = str(one["call"]), str(one["receipt"]), str(one["signer"])
        except (ValueError, KeyError, TypeError) as error:
            raise signed.ReceiptError("malformed", f"{kept.name}, line {number}: {error!r}") from error
        found = signed.from_header(receipt, domain, signer)
        if found.amount not in seen:  # a call that was asked again has the receipt that it had
            seen.add(found.amount)
            total += found.price
            rows.append((minute(found.at), call, _shown(found.price, key)))
    table(f"Receipts of account {key.account.index}", ("", "", ""), rows[-20:], right=2)
    done(f"{len(rows):,} call(s) for {_shown(total, key)}, signed by the seller")
    return total


def _path(session: Session, given: Arguments) -> Path:
    path = session.out("sessions") / f"{given.file_name('session')}.json"
    if not path.is_file():
        raise ArgumentError(
            "no_such_session", f"there is no out/sessions/{path.name}: `brownie run prepaid open`"
        )
    return path


def _call(given: Arguments, path: Path, key: SessionKey) -> Purse:
    budget = _micros(given, "budget", key) if given.has("budget") else 2**47 - 1
    most = _micros(given, "most", key) if given.has("most") else None
    begin = _micros(given, "begin", key) if given.has("begin") else 0
    purse = key.purse(budget=budget, most_per_call=most, state=path.with_suffix(".spent.json"), begin=begin)
    kept = path.with_suffix(".receipts") if given.flag("receipts") else None
    before, count = purse.charged, given.whole("calls", least=1, most=10_000_000)
    answer = None
    headers = {"content-type": "application/json"} if given.has("json") else {}
    content = given.text("json").encode() if given.has("json") else None
    with httpx.Client(auth=Paying(purse), timeout=60) as client, progress("calls", count) as advance:
        for _ in range(count):
            try:
                answer = ask(
                    client, given.text("method"), given.text("url"), headers=headers, content=content
                )
            except PurseError as error:
                if error.reason != "over_budget" or not given.has("budget"):
                    raise
                spent, left = _shown(purse.charged, key), _shown(max(0, budget - purse.charged), key)
                raise PurseError(
                    "over_budget",
                    f"budget={given.text('budget')} is for all that this session spends: {spent} are spent, "
                    f"and {left} left, which is less than the call costs",
                ) from error
            if answer.status_code >= 400:
                break
            if kept is not None:
                _keep(kept, purse, answer)
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


def _keep(path: Path, purse: Purse, answer: httpx.Response) -> None:
    """Add the receipt of a paid answer to a file. Raises ReceiptError."""
    if wire.SIGNATURE not in answer.request.headers:
        return  # it was free
    purse.receipt(answer)
    line = {
        "call": f"{answer.request.method} {answer.url}",
        "signer": receipt_signer(answer),
        "receipt": answer.headers[signed.HEADER],
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _micros(given: Arguments, name: str, key: SessionKey) -> int:
    return micros(given.amount(name, key.decimals), key.decimals)


def _shown(amount: int, key: SessionKey) -> str:
    return f"{format_amount(amount * unit_of(key.decimals), key.decimals)} {key.symbol}"
