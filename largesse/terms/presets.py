"""Statutory presets: a law's figures as data (presets.toml), turned into the terms of one series."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal
from zoneinfo import ZoneInfo

from largesse.amounts import check_units, scale
from largesse.calendars import end_of, year_end_after, years_after_sale, zone_of
from largesse.errors import TermsError
from largesse.terms.fields import NO_EXPIRY, NO_LIMITATION, NO_MAXIMUM, Terms

__all__ = ["NO_EXPIRY", "NO_LIMITATION", "Preset", "Rule", "Terms", "all_presets", "preset"]

NO_TERMS_HASH = bytes(32)
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Rule:
    """One rule of a statute, the fields of the terms that it sets, and where it is written."""

    sets: tuple[str, ...]
    rule: str
    source: str


@dataclass(frozen=True)
class Period:
    """How an instant follows from the last day of sale: `years` is 0 for the kinds that count none."""

    kind: Literal["years", "year_end", "never", "expiry"]
    years: int = 0

    def end(self, last_day: date, zone: ZoneInfo, expires_at: int) -> int:
        """Unix second; `expires_at` is what the kind "expiry" repeats."""
        if self.kind == "years":
            return years_after_sale(last_day, self.years, zone)
        if self.kind == "year_end":
            return year_end_after(last_day, self.years, zone)
        return expires_at if self.kind == "expiry" else NO_EXPIRY


@dataclass(frozen=True)
class UseThreshold:
    """Share of face to be used before the rest is refunded; `small_bps` where face ≤ `small_face`."""

    bps: int
    small_face: str
    small_bps: int


@dataclass(frozen=True)
class PostExpiry:
    """Share of the face paid after expiry; `large_bps` where face > `large_above`."""

    bps: int
    large_above: str
    large_bps: int


@dataclass(frozen=True)
class CashOut:
    """Rests paid out in cash: strictly more than `above`, strictly less than `below` ("" for no bound)."""

    unused: bool
    above: str = ""
    below: str = ""


@dataclass(frozen=True)
class Preset:
    """A statute as parameters. `currency` is the ISO 4217 code of its figures ("" if it has none)."""

    name: str
    title: str
    currency: str
    named: Literal["always", "optional", "never"]
    refunds_barred: bool
    convertible: bool
    refund_on_removal: bool
    withdrawal_days: int
    expiry: Period
    limitation: Period
    rules: tuple[Rule, ...]
    departures: tuple[str, ...]
    use_threshold: UseThreshold | None = None
    post_expiry: PostExpiry | None = None
    cash_out: CashOut | None = None

    @property
    def has_figures(self) -> bool:
        """True where some right depends on an amount of `currency`, so that a series must be denominated in
        it.
        """
        return self.use_threshold is not None or self.post_expiry is not None or self.cash_out is not None

    @property
    def one_sale_year(self) -> bool:
        """True where all sales of a series must fall into one calendar year."""
        return self.expiry.kind == "year_end"

    def terms(
        self,
        *,
        face: int,
        sales_close: date,
        zone: str,
        decimals: int,
        beneficiary: str,
        fee_bps: int = 0,
        named: bool | None = None,
        sales_open: date | None = None,
        terms_hash: bytes = NO_TERMS_HASH,
    ) -> Terms:
        """Terms of a series of this preset.

        `face` is one certificate's value in base units of a currency with `decimals` decimals; `sales_close`
        the last day of sale (inclusive) and `sales_open` the first, both in the IANA zone called `zone`;
        `named` decides where the statute leaves it open (default: named). Only a series with face-dependent
        rights gets a denomination.

        Raises TermsError: unknown_zone, must_be_named, cannot_be_named, sales_window_backwards,
        sales_window_two_years and the reasons of Terms; AmountError for a face that is no amount.
        """
        check_units(face)
        place = zone_of(zone)
        if sales_open is not None:
            self.check_sales_window(sales_open, sales_close)
        expires_at = self.expiry.end(sales_close, place, NO_EXPIRY)
        cash_from, cash_below = self._cash_out_window(decimals)
        return Terms(
            beneficiary=beneficiary,
            sales_close_at=end_of(sales_close, place),
            expires_at=expires_at,
            limitation_at=self.limitation.end(sales_close, place, expires_at),
            fee_bps=fee_bps,
            named=self.resolve_named(named=named),
            convertible=self.convertible,
            refund_on_removal=self.refund_on_removal,
            cash_out_unused=self.cash_out is not None and self.cash_out.unused,
            denomination=face if self.has_figures else 0,
            use_threshold_bps=self._use_threshold_bps(face, decimals),
            post_expiry_bps=self._post_expiry_bps(face, decimals),
            cash_out_from=cash_from,
            cash_out_below=cash_below,
            withdrawal_seconds=self.withdrawal_days * SECONDS_PER_DAY,
            terms_hash=terms_hash,
        )

    def check_sales_window(self, sales_open: date, sales_close: date) -> None:
        """Raises TermsError sales_window_backwards, sales_window_two_years."""
        if sales_open > sales_close:
            raise TermsError(
                "sales_window_backwards", f"sales open {sales_open} after they close {sales_close}"
            )
        if self.one_sale_year and sales_open.year != sales_close.year:
            raise TermsError(
                "sales_window_two_years",
                f"preset {self.name} needs one series per sale year; sales "
                f"run from {sales_open} to {sales_close}",
            )

    def resolve_named(self, *, named: bool | None) -> bool:
        """Whether merchants are named, None meaning the default. Raises TermsError must_be_named,
        cannot_be_named.
        """
        if named is False and self.named == "always":
            raise TermsError(
                "must_be_named", f"preset {self.name} limits refunds, so its merchants must be named"
            )
        if named is True and self.named == "never":
            raise TermsError("cannot_be_named", f"preset {self.name} means that anyone is a merchant")
        return self.named != "never" if named is None else named

    def _use_threshold_bps(self, face: int, decimals: int) -> int:
        if self.use_threshold is None:
            return 0
        small = face <= scale(self.use_threshold.small_face, decimals)
        return self.use_threshold.small_bps if small else self.use_threshold.bps

    def _post_expiry_bps(self, face: int, decimals: int) -> int:
        if self.post_expiry is None:
            return 0
        large = face > scale(self.post_expiry.large_above, decimals)
        return self.post_expiry.large_bps if large else self.post_expiry.bps

    def _cash_out_window(self, decimals: int) -> tuple[int, int]:
        """(from, below): "strictly above x" is from x + 1 base unit; no maximum is the largest amount there
        is.
        """
        if self.cash_out is None:
            return 0, 0
        lowest = scale(self.cash_out.above, decimals) + 1 if self.cash_out.above else 0
        below = scale(self.cash_out.below, decimals) if self.cash_out.below else NO_MAXIMUM
        return lowest, below


_PARTS: dict[str, Callable[..., Any]] = {
    "expiry": Period,
    "limitation": Period,
    "use_threshold": UseThreshold,
    "post_expiry": PostExpiry,
    "cash_out": CashOut,
}


def _read(name: str, table: dict[str, Any]) -> Preset:
    values = {key: _PARTS[key](**value) if key in _PARTS else value for key, value in table.items()}
    values["rules"] = tuple(replace(Rule(**rule), sets=tuple(rule["sets"])) for rule in table["rules"])
    values["departures"] = tuple(table["departures"])
    return Preset(name=name, **values)


@cache
def all_presets() -> dict[str, Preset]:
    """Every packaged preset by name. The mapping is shared: don't change it."""
    data = tomllib.loads(files("largesse.terms").joinpath("presets.toml").read_text(encoding="utf-8"))
    return {name: _read(name, table) for name, table in data.items()}


def preset(name: str) -> Preset:
    """The preset called `name`. Raises TermsError unknown_preset."""
    known = all_presets()
    if name not in known:
        raise TermsError("unknown_preset", f"{name!r} is no preset; there are {', '.join(known)}")
    return known[name]
