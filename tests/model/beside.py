"""What the models of the contracts have in common that stand beside the certificates and keep none."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from tests.model.certificates import Certificates
from tests.model.words import ZERO, Fault

B = TypeVar("B")


class Beside(Generic[B]):
    """At `here`, with these certificates, in their currency and at their second."""

    def __init__(self, here: str, certificates: Certificates, books: B) -> None:
        self.here = here
        self.certificates = certificates
        self.currency = certificates.currency
        self.caller = ZERO
        self.books = books
        self.events: list[tuple[Any, ...]] = []
        certificates.takers[here] = self.takes

    @property
    def now(self) -> int:
        """Seconds."""
        return self.certificates.now

    def takes(self, operator: str) -> Fault:
        """It keeps no certificates, whoever sends or issues them."""
        return "ERC1155InvalidReceiver", (self.here,)

    def emit(self, name: str, *args: Any) -> None:
        self.events.append((name, *args))
