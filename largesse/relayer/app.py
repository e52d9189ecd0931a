"""The relayer over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import FastAPI, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from requests.exceptions import RequestException
from web3.exceptions import Web3Exception

from largesse.chain import ChainError, RefusedError
from largesse.database import DatabaseError
from largesse.errors import AddressError, LargesseError
from largesse.relayer.actions import MAX_DATA_BYTES, RULES, ActionError
from largesse.relayer.limits import LimitError
from largesse.relayer.service import Relayer, UnavailableError
from largesse.relayer.store import ACCEPTED, Outcome, Record, TakenError
from largesse.web.api import make_api, problems
from largesse.web.limits import Rates
from largesse.web.metrics import Metrics
from largesse.web.problems import Problem, ProblemError

ADDRESS: Final = r"^0x[0-9a-fA-F]{40}$"
BYTES: Final = r"^0x([0-9a-fA-F]{2})+$"
IDENTITY: Final = r"^0x[0-9a-f]{64}$"
DIGITS: Final = r"^[1-9][0-9]{0,18}$"

_FORBIDDEN: Final = ("unknown_contract", "not_relayed", "not_signed", "own_action", "wrong_chain")
_ADVICE: Final = {
    "unknown_contract": "GET / lists the contracts",
    "wrong_chain": "sign for the chain that GET / names, or ask another relayer",
    "not_relayed": "GET / lists the functions; send this one yourself",
    "not_signed": "have it signed by whom it acts for",
    "own_action": "send it from another account",
    "too_much_gas": "do less at once, or send it yourself",
    "bad_checksum": "compare the address with its source",
    "unchecksummed_address": "write the address in its EIP-55 spelling",
}


class ActionRequest(BaseModel):
    """A call that somebody signed. Texts only: numbers may be larger than what JSON holds elsewhere."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {"chain": "31337", "contract": "0x5FbDB2315678afecb367f032d93F642f64180aa3", "data": "0x…"}
            ]
        },
    )
    chain: str = Field(pattern=DIGITS, description="chain id in plain digits")
    contract: str = Field(pattern=ADDRESS, description="address in EIP-55 spelling")
    data: str = Field(
        pattern=BYTES,
        max_length=2 + 2 * MAX_DATA_BYTES,
        description="a function of the allow-list with its signed arguments, or a multicall of such",
    )


class ActionState(BaseModel):
    """How an action stands."""

    id: str = Field(pattern=IDENTITY)
    state: str = Field(pattern="^(accepted|done|failed)$")
    functions: list[str]
    transactions: list[str] = Field(description="hashes under which it is, or may be, on the chain")
    block: int | None = None
    gas: int | None = Field(default=None, description="what it used")
    error: str | None = None
    message: str | None = None


class About(BaseModel):
    """What is relayed here."""

    chain: str
    relayer: str
    contracts: dict[str, str]
    functions: dict[str, list[str]]
    actions_an_hour: int
    most_gas: int


def make_app(relayer: Relayer, rates: Rates | None = None) -> FastAPI:
    """The ASGI app; it starts the relayer's threads when it begins to serve, and ends them."""
    metrics = Metrics("relayer")
    settled = metrics.counter("actions", "Actions by what became of them", "state")
    gas_used = metrics.counter("gas", "Gas paid for")

    def count(outcome: Outcome) -> None:
        settled.labels(outcome.state).inc()
        gas_used.inc(outcome.gas)

    relayer.on_settled = count
    app = make_api(
        "Largesse relayer",
        "Sends what people without gas have signed.",
        metrics,
        lambda: {
            **relayer.vitals.health(),
            "chain": str(relayer.node.chain_id),
            "relayer": relayer.wallet.address,
        },
        rates=rates or Rates(5.0, 40.0),
        seconds=60.0,
        from_browsers=True,
        start=relayer.start,
        close=relayer.close,
    )

    @app.get("/")
    def about() -> About:
        """What is relayed here."""
        kinds = set(relayer.contracts.values())
        return About(
            chain=str(relayer.node.chain_id),
            relayer=relayer.wallet.address,
            contracts={address: kind.value for address, kind in relayer.contracts.items()},
            functions={kind.value: list(RULES[kind]) for kind in RULES if kind in kinds},
            actions_an_hour=relayer.limits.per_subject,
            most_gas=relayer.limits.action_gas,
        )

    @app.post("/relay", responses={202: {"model": ActionState}, **problems(400, 403, 409, 422, 503)})
    def relay(action: ActionRequest, request: Request, response: Response) -> ActionState:
        """Send a signed action, once, however often it is posted: 202 while it is on its way, else 200."""
        client = request.client.host if request.client else "unknown"
        data = bytes.fromhex(action.data[2:])
        try:
            record = relayer.relay(int(action.chain), action.contract, data, client)
        except (LargesseError, Web3Exception, RequestException) as error:
            raise ProblemError(_problem(error)) from error
        response.headers["Location"] = f"/actions/{record.id}"
        response.status_code = 202 if record.state == ACCEPTED else 200
        return _state(record, [record.tx_hash] if record.tx_hash else [])

    @app.get("/actions/{action_id}", responses=problems(400, 404))
    def action(action_id: Annotated[str, Path(pattern=IDENTITY)]) -> ActionState:
        """How an action stands."""
        found = relayer.find(action_id)
        if found is None:
            raise ProblemError(
                Problem(404, "unknown_action", f"{action_id} was never accepted here", "POST it to /relay")
            )
        return _state(*found)

    return app


def _state(record: Record, hashes: list[str]) -> ActionState:
    mined = record.block > 0
    return ActionState(
        id=record.id,
        state=record.state,
        functions=list(record.functions),
        transactions=hashes,
        block=record.block if mined else None,
        gas=record.gas if mined else None,
        error=record.error or None,
        message=record.message or None,
    )


def _problem(error: Exception) -> Problem:
    """Status, reason and advice for whatever keeps an action from being accepted."""
    if isinstance(error, LimitError):
        wait = {"retry-after": str(error.seconds)}
        advice = f"ask again in {error.seconds} s, or send it yourself"
        status = 503 if error.reason == "gas_budget_used" else 429
        return Problem(status, error.reason, error.message, advice, headers=wait)
    if isinstance(error, TakenError):
        advice = f"GET /actions/{error.action_id} says how it stands"
        return Problem(409, error.reason, error.message, advice, {"id": error.action_id})
    if isinstance(error, RefusedError):
        values = [f"0x{value.hex()}" if isinstance(value, bytes) else str(value) for value in error.values]
        advice = "sign it again when what it names has changed: the chain would refuse it as it is"
        return Problem(422, error.reason, error.message, advice, {"values": values})
    if isinstance(error, (ActionError, AddressError)):
        status = 403 if error.reason in _FORBIDDEN else 400
        advice = _ADVICE.get(error.reason, "GET /openapi.json says what is expected")
        return Problem(status, error.reason, error.message, advice)
    if isinstance(error, (UnavailableError, DatabaseError, ChainError)):
        return Problem(503, error.reason, error.message, "ask again later", headers={"retry-after": "60"})
    if isinstance(error, LargesseError):
        return Problem(400, error.reason, error.message, "GET /openapi.json says what is expected")
    return Problem(
        503, "node_away", "the chain's node does not answer", "ask again later", headers={"retry-after": "30"}
    )
