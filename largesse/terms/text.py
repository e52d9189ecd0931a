"""The canonical terms text of a series: what a person can read and a hash on the ledger can pin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime

from largesse.calendars import zone_of
from largesse.terms.fields import NO_EXPIRY, Terms
from largesse.terms.presets import Preset

_INSTANTS = ("sales_close_at", "expires_at", "limitation_at")


def terms_text(*, preset: Preset, terms: Terms, zone: str, facts: Mapping[str, str]) -> str:
    """UTF-8 text, one `key: value` a line, "\\n" line ends, in a fixed order: facts, terms, rules,
    departures.

    Amounts are base units, instants Unix seconds with the local time of `zone` behind them (clock rules as
    known when the text is written: the second binds). Values hold no line break; the manifest's reader sees
    to that.
    """
    lines = ["Largesse terms 1", f"preset: {preset.name}, {preset.title}"]
    lines += [f"{key}: {value}" for key, value in facts.items()]
    lines.append(f"zone: {zone}")
    for field in fields(terms):
        if field.name == "terms_hash":
            continue
        value = getattr(terms, field.name)
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        if field.name in _INSTANTS:
            shown += " (never)" if value == NO_EXPIRY else f" ({_local(value, zone)})"
        lines.append(f"{field.name}: {shown}")
    for rule in preset.rules:
        lines.append(f"rule: {rule.rule} [{rule.source}]")
    lines += [f"departure: {departure}" for departure in preset.departures]
    return "\n".join(lines) + "\n"


def _local(second: int, zone: str) -> str:
    return datetime.fromtimestamp(second, zone_of(zone)).isoformat()
