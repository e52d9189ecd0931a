"""ASGI middleware that has the routes of an app paid for.

A call is verified, reserved, served, charged, and only then answered: an answer that can't be charged is not
sent, and a call that failed (an exception, or a status from 400 on) is not charged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from largesse.database import AWAY
from largesse.gateway import wire
from largesse.gateway.pricing import PriceList
from largesse.gateway.receipts import digest_of_call
from largesse.gateway.schemes import Answer, Call, Json, PaymentRefusedError, Proof, Scheme, Settled
from largesse.web.limits import client_of
from largesse.web.logs import log
from largesse.web.problems import Problem, ProblemError, database_away

MOST_ANSWER_BYTES: Final = 16 * 1024 * 1024
RETRY_KEY: Final = b"idempotency-key"

_SIGNATURE: Final = wire.SIGNATURE.lower().encode()
_RESPONSE: Final = wire.RESPONSE.lower().encode()
_PAY: Final = "pay one of the accepts and ask again with a PAYMENT-SIGNATURE header"
_NOT_NOW: Final = Problem(
    503,
    "gas_too_dear",
    "gas costs so much now that no payment of this price would pay for it; nothing was charged",
    "ask again later",
    headers={"retry-after": "60"},
)
_SAME: Final = ("scheme", "network", "asset", "payTo", "amount")


class PaidRoutes:
    """Wraps `app`: the routes in `prices` need one of `schemes` to be paid; the others pass.

    The whole answer is held until it is charged: paid routes can't stream, and have 16 MiB at most.
    """

    def __init__(
        self,
        app: ASGIApp,
        prices: PriceList,
        schemes: Sequence[Scheme],
        *,
        most_answer_bytes: int = MOST_ANSWER_BYTES,
    ) -> None:
        self.app = app
        self.prices = prices
        self.schemes = {scheme.name: scheme for scheme in schemes}
        self.most_answer_bytes = most_answer_bytes
        # FastAPI sets its own when it is called, and routes by what comes after it.
        self._root_path = str(getattr(app, "root_path", ""))
        self._accepts: Mapping[int, Mapping[str, Json]] = {
            amount: {name: scheme.requirements(amount) for name, scheme in self.schemes.items()}
            for amount in prices.amounts
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        amount = self._price(scope) if scope["type"] == "http" else None
        if amount is None:
            await self.app(scope, receive, send)
            return
        header = retry_key = b""
        for name, value in scope["headers"]:
            if name == _SIGNATURE:
                header = value
            elif name == RETRY_KEY:
                retry_key = value
        if not header:
            await self._ask(scope, amount, "payment_required", "this call has a price", _PAY, {}, send)
            return
        try:
            settled, answer = await self._paid(scope, receive, amount, header, retry_key)
        except ProblemError as refused:
            problem = refused.problem
            if problem.status == 402:
                await self._ask(
                    scope, amount, problem.reason, problem.message, problem.advice, problem.more, send
                )
            else:
                await problem.send(send)
            return
        except AWAY as error:
            log("gateway.no_database", error=error, path=scope["path"])
            await database_away().send(send)
            return
        await _send(answer, settled, send, has_body=scope["method"] != "HEAD")

    # --------------------------------------------------------------------------------------------- private

    def _price(self, scope: Scope) -> int | None:
        """As the app routes it: where it has a root path, also below that."""
        path = _path(scope)
        amount = self.prices.find(scope["method"], path)
        if amount is None and self._root_path:
            amount = self.prices.find(scope["method"], _below(self._root_path, path))
        return amount

    async def _paid(
        self, scope: Scope, receive: Receive, amount: int, header: bytes, retry_key: bytes
    ) -> tuple[Settled | None, Answer]:
        payload = wire.decode_payment(header)
        scheme, requirements = self._chosen(payload["accepted"], amount)
        body = await _body(receive)
        call = _call(scope, body, retry_key)
        proof = await scheme.verify(payload["payload"], requirements, call)
        if isinstance(proof, tuple):
            return proof
        await scheme.reserve(proof)
        try:
            answer = await self._serve(scope, receive, body)
        except BaseException:
            # Also where the client went away or the time was over: what was reserved must not stay so.
            await asyncio.shield(scheme.release(proof))
            raise
        if answer.status >= 400:
            await scheme.release(proof)
            return None, answer
        # Once begun, charging is not given up half way: the client may have gone, the money must not.
        return await asyncio.shield(self._commit(scheme, proof, answer))

    async def _commit(self, scheme: Scheme, proof: Proof, answer: Answer) -> tuple[Settled, Answer]:
        try:
            done = await scheme.commit(proof, answer)
            return done if isinstance(done, tuple) else (done, answer)
        except PaymentRefusedError as refused:
            log("gateway.unpaid", scheme=scheme.name, reason=refused.reason, path=proof.call.path)
            raise

    def _chosen(self, accepted: Json, amount: int) -> tuple[Scheme, Json]:
        """The scheme that was accepted, and our own requirements for it. Raises PaymentRefusedError."""
        name = accepted.get("scheme")
        scheme = self.schemes.get(name) if isinstance(name, str) else None
        if scheme is None or not isinstance(name, str):
            raise PaymentRefusedError(
                "wrong_scheme", f"scheme {name!r}: this server takes {', '.join(self.schemes)}", _PAY
            )
        ours = self._accepts[amount][name]
        for member in _SAME:
            given, asked = accepted.get(member), ours[member]
            if given != asked and not _same_address(given, asked):
                raise PaymentRefusedError(
                    f"wrong_{_snake(member)}",
                    f"{member} is {given!r}, and this call asks for {asked!r}",
                    _PAY,
                )
        return scheme, ours

    async def _serve(self, scope: Scope, receive: Receive, body: bytes) -> Answer:
        """The app's whole answer."""
        status, size, sent, is_whole = 500, 0, False, False
        headers: Iterable[tuple[bytes, bytes]] = ()
        parts: list[bytes] = []

        async def again() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def kept(message: Message) -> None:
            nonlocal status, headers, size, is_whole
            if message["type"] == "http.response.start":
                status, headers = message["status"], message.get("headers", ())
            elif message["type"] == "http.response.body":
                parts.append(part := message.get("body", b""))
                size += len(part)
                is_whole = not message.get("more_body")
                if size > self.most_answer_bytes:
                    raise PaymentRefusedError(
                        "answer_too_large",
                        f"the answer has more than {self.most_answer_bytes} bytes; nothing was charged",
                        "ask for less at once",
                        status=500,
                    )

        # Whatever else the server could send, as a file by its path: the answer is held here.
        await self.app({**scope, "extensions": {}}, again, kept)
        if status < 400 and not is_whole:
            # Whose client is gone may stop in the middle, and say nothing.
            raise PaymentRefusedError(
                "answer_incomplete",
                "the answer broke off before its end; nothing was charged",
                "ask again with the same payment",
                status=500,
            )
        return Answer(status, tuple((bytes(n), bytes(v)) for n, v in headers), b"".join(parts))

    async def _ask(
        self,
        scope: Scope,
        amount: int,
        reason: str,
        message: str,
        advice: str,
        more: Json,
        send: Send,
    ) -> None:
        # A scheme may have something to say in its entry: the state of the payer's channel, for one.
        offered = {
            name: one for name, one in self._accepts[amount].items() if self.schemes[name].is_offered(amount)
        }
        accepts = {**offered, **{one["scheme"]: one for one in more.get("accepts", ())}}
        if not accepts:
            await _NOT_NOW.send(send)
            return
        required = wire.payment_required(_url(scope), tuple(accepts.values()), reason)
        headers = {wire.REQUIRED: wire.encode(required), "cache-control": "no-store"}
        await Problem(402, reason, message, advice, {**more, **required, "error": reason}, headers).send(send)


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise PaymentRefusedError("gone", "the client went away", "ask again", status=400)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(answer: Answer, settled: Settled | None, send: Send, *, has_body: bool) -> None:
    headers = [one for one in answer.headers if one[0] != _RESPONSE]
    if settled is not None:
        headers.append((_RESPONSE, wire.encode(settled.response).encode()))
        headers.append((b"access-control-expose-headers", wire.RESPONSE.encode()))
        headers.extend((name.lower().encode(), value.encode()) for name, value in settled.headers.items())
        if not any(name == b"cache-control" for name, _ in headers):
            headers.append((b"cache-control", b"private"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body if has_body else b""})


def _call(scope: Scope, body: bytes, retry_key: bytes) -> Call:
    method, path = scope["method"], _path(scope)
    if len(retry_key) > 200:
        raise PaymentRefusedError(
            "bad_idempotency_key",
            "an Idempotency-Key has 200 bytes at most",
            "take a shorter one",
            status=400,
        )
    digest = digest_of_call(method, path, scope.get("query_string", b""), body)
    return Call(method, path, digest, retry_key.decode("latin-1"), client_of(scope))


def _path(scope: Scope) -> str:
    """As the app's router sees it, wherever the app is mounted."""
    return _below(str(scope.get("root_path", "")), str(scope["path"]))


def _below(root: str, path: str) -> str:
    return path[len(root) :] if root and path.startswith(root + "/") else path


def _url(scope: Scope) -> str:
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    return f"{scope.get('scheme', 'http')}://{host}{scope['path']}"


def _same_address(given: Any, asked: Any) -> bool:
    return (
        isinstance(given, str)
        and isinstance(asked, str)
        and asked.startswith("0x")
        and given.lower() == asked.lower()
    )


def _snake(name: str) -> str:
    return {"payTo": "pay_to", "network": "chain"}.get(name, name)
