"""Questions to a node in the words of its JSON-RPC, many at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import requests

from largesse.chain import BATCH, Node
from largesse.chainlogs import TOO_MUCH
from largesse.indexer.contracts import IndexerError

Call = tuple[str, list[Any]]


class RefusedCallError(Exception):
    """The node answered with an error, and with these words."""


class SlowCallError(RefusedCallError):
    """The node did not answer in time: it was too much at once, or the node is away."""


class Rpc:
    """A node's answers as they are: web3.py's forms take longer than decoding them."""

    def __init__(self, node: Node) -> None:
        self._provider: Any = node.web3.provider
        self._single = False
        self.name = node.url or "the node"

    def require_node(self) -> None:
        """Raise IndexerError unreachable, not_a_node unless this is a node."""
        try:
            int(self.ask("eth_chainId"), 16)
        except (RefusedCallError, TypeError, ValueError) as error:
            raise self._no_node(str(error)) from error

    def ask(self, method: str, *params: Any) -> Any:
        """One answer. Raises IndexerError unreachable, not_a_node; RefusedCallError."""
        return self._result(self._post(lambda: self._provider.make_request(method, list(params))))

    def ask_all(self, calls: Sequence[Call]) -> list[Any]:
        """Answers in the calls' order. Raises as `ask`, for the first that is refused."""
        found: list[Any] = []
        for start in range(0, len(calls), BATCH):
            found += self._batch(calls[start : start + BATCH])
        return found

    def _batch(self, calls: Sequence[Call]) -> list[Any]:
        if len(calls) > 1 and not self._single:
            answers = self._post(lambda: self._provider.make_batch_request(calls))
            if isinstance(answers, list) and len(answers) == len(calls):
                return [self._result(one) for one in answers]
            self._single = True  # it takes no batches, and says so in one answer
        return [self.ask(method, *params) for method, params in calls]

    def _post(self, send: Any) -> Any:
        try:
            return send()
        except requests.ReadTimeout as error:
            raise SlowCallError("it took too long") from error
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code in TOO_MUCH:
                raise RefusedCallError(f"{_short(error)} {error.response.text[:200]}") from error
            raise IndexerError("unreachable", f"{self.name} refuses: {_short(error)}") from error
        except requests.RequestException as error:
            raise IndexerError("unreachable", f"{self.name} does not answer: {_short(error)}") from error
        except (json.JSONDecodeError, UnicodeDecodeError, AttributeError, TypeError) as error:
            raise self._no_node(str(error)) from error

    def _result(self, answer: Any) -> Any:
        if not isinstance(answer, dict) or not ("result" in answer or "error" in answer):
            raise self._no_node(f"it answered {str(answer)[:80]}")
        if (error := answer.get("error")) is not None:
            said = error.get("message", error) if isinstance(error, dict) else error
            raise RefusedCallError(str(said))
        return answer["result"]

    def _no_node(self, why: str) -> IndexerError:
        return IndexerError("not_a_node", f"{self.name} is no Ethereum node: {why}")


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200] or type(error).__name__
