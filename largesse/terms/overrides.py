"""Changes to a preset's terms: only ever in the holder's favour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from largesse.calendars import day_of, end_of, zone_of
from largesse.errors import TermsError
from largesse.terms.fields import NO_EXPIRY, NO_LIMITATION, NO_MAXIMUM, Terms
from largesse.terms.presets import SECONDS_PER_DAY, Preset

Never = Literal["never"]


@dataclass(frozen=True)
class Overrides:
    """What a series gives beyond its preset; None leaves a field as the preset has it.

    `expires` and `limitation` are the last day on which the right holds ("never" for no end).
    `cash_out_above` and `cash_out_below` are strict bounds of the rest in base units. Shares are basis
    points.
    """

    expires: date | Never | None = None
    limitation: date | Never | None = None
    use_threshold_bps: int | None = None
    post_expiry_bps: int | None = None
    withdrawal_days: int | None = None
    cash_out_above: int | None = None
    cash_out_below: int | None = None
    cash_out_unused: bool | None = None
    convertible: bool | None = None
    refund_on_removal: bool | None = None


_REFUNDS = (
    "use_threshold_bps",
    "post_expiry_bps",
    "withdrawal_days",
    "cash_out_above",
    "cash_out_below",
    "cash_out_unused",
    "refund_on_removal",
)


def apply_overrides(terms: Terms, preset: Preset, overrides: Overrides, *, face: int, zone: str) -> Terms:
    """The preset's `terms` with `overrides`, each checked to be no worse for the holder.

    `face` is one certificate in base units (it becomes the denomination where an override brings in a
    face-dependent right); `zone` the IANA zone of the dates. Raises TermsError: refunds_barred,
    worse_for_holder, unknown_zone and the reasons of Terms.
    """
    if preset.refunds_barred:
        for name in _REFUNDS:
            if getattr(overrides, name) is not None:
                raise TermsError(
                    "refunds_barred", f"preset {preset.name} bars refunds, so {name} can't be granted"
                )
    place = zone_of(zone)

    def instant(value: date | Never, never: int) -> int:
        return never if value == "never" else end_of(value, place)

    changed = terms
    if overrides.expires is not None:
        expires_at = instant(overrides.expires, NO_EXPIRY)
        floor = _last_day(terms.expires_at, zone)
        _no_worse("expires", overrides.expires, floor, holds=expires_at >= terms.expires_at)
        # A limitation that follows the expiry, or that an endless validity makes pointless, moves along.
        follows = preset.limitation.kind == "expiry" or expires_at == NO_EXPIRY
        limitation_at = expires_at if follows else terms.limitation_at
        if limitation_at < expires_at and overrides.limitation is not None:
            limitation_at = instant(overrides.limitation, NO_LIMITATION)
        changed = replace(changed, expires_at=expires_at, limitation_at=limitation_at)
    if overrides.limitation is not None:
        limitation_at = instant(overrides.limitation, NO_LIMITATION)
        floor = _last_day(terms.limitation_at, zone)
        _no_worse("limitation", overrides.limitation, floor, holds=limitation_at >= terms.limitation_at)
        changed = replace(changed, limitation_at=limitation_at)
    changed = _with_rights(changed, overrides, face)
    later = changed.post_expiry_bps > 0 or changed.convertible
    if later and changed.limitation_at == changed.expires_at != NO_EXPIRY:
        raise TermsError(
            "no_time_after_expiry",
            "a right after expiry needs a limitation later than the "
            f"expiry, {_last_day(changed.expires_at, zone)}",
        )
    return changed


def _with_rights(terms: Terms, overrides: Overrides, face: int) -> Terms:
    values: dict[str, int | bool] = {}
    if overrides.post_expiry_bps is not None:
        share = overrides.post_expiry_bps
        _no_worse("post_expiry_bps", share, terms.post_expiry_bps, holds=share >= terms.post_expiry_bps)
        values["post_expiry_bps"] = share
    if overrides.withdrawal_days is not None:
        seconds = overrides.withdrawal_days * SECONDS_PER_DAY
        floor = terms.withdrawal_seconds // SECONDS_PER_DAY
        _no_worse(
            "withdrawal_days", overrides.withdrawal_days, floor, holds=seconds >= terms.withdrawal_seconds
        )
        values["withdrawal_seconds"] = seconds
    if overrides.use_threshold_bps is not None:
        wanted, current = overrides.use_threshold_bps, terms.use_threshold_bps
        # 0 means that there is no such right, so it is worse than any threshold.
        holds = wanted > 0 and (current == 0 or wanted <= current)
        _no_worse("use_threshold_bps", wanted, current, holds=holds)
        values["use_threshold_bps"] = wanted
    values.update(_cash_out(terms, overrides))
    for name in ("cash_out_unused", "convertible", "refund_on_removal"):
        flag: bool | None = getattr(overrides, name)
        if flag is not None:
            has: bool = getattr(terms, name)
            _no_worse(name, flag, has, holds=flag or not has)
            values[name] = flag
    if terms.denomination == 0 and (values.get("use_threshold_bps") or values.get("cash_out_below")):
        values["denomination"] = face
    return replace(terms, **values)  # type: ignore[arg-type]  # the names and types are those of the fields above


def _cash_out(terms: Terms, overrides: Overrides) -> dict[str, int | bool]:
    above, below = overrides.cash_out_above, overrides.cash_out_below
    if above is None and below is None:
        return {}
    has_right = terms.cash_out_below > 0
    window_from = terms.cash_out_from if above is None else above + 1
    window_below = below if below is not None else terms.cash_out_below if has_right else NO_MAXIMUM
    if has_right:
        # "Above x" is from x + 1 on; a window from 0 on has no lower bound.
        lowest = terms.cash_out_from - 1 if terms.cash_out_from else "no lower bound"
        _no_worse("cash_out_above", above, lowest, holds=window_from <= terms.cash_out_from)
        _no_worse("cash_out_below", below, terms.cash_out_below, holds=window_below >= terms.cash_out_below)
    return {"cash_out_from": window_from, "cash_out_below": window_below}


def _last_day(second: int, zone: str) -> str:
    return "never" if second == NO_EXPIRY else str(day_of(second - 1, zone_of(zone)))


def _no_worse(name: str, value: object, floor: object, *, holds: bool) -> None:
    if not holds:
        raise TermsError(
            "worse_for_holder", f"{name} = {value} gives the holder less than the preset's {floor}"
        )
