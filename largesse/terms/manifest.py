"""Manifests: what an issuer wants to deploy, as a TOML file, validated as a whole before anything is sent."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Literal

from largesse.calendars import end_of, start_of, zone_of
from largesse.cards import CardError, check_art_field
from largesse.errors import ManifestError, Problem, TermsError
from largesse.terms.fields import FULL_BPS, MAX_FEE_BPS, Terms
from largesse.terms.overrides import Overrides, apply_overrides
from largesse.terms.presets import Preset, preset
from largesse.terms.series import Art, Currency, Manifest, Promotion, Series, base_terms, build_terms
from largesse.toml_reader import Section, locate

__all__ = ["Manifest", "Series", "load_manifest", "parse_manifest"]

VERSION = 1
ANYONE = "anyone"

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_SYMBOL = re.compile(r"[A-Za-z0-9.]{1,16}")
_UNIT = re.compile(r"[A-Z]{3}")
_URI = re.compile(r"(https|ipfs)://[!-~]{1,192}")

# Terms are validated before the roles have addresses; any address does for that.
_SOMEBODY = "0x000000000000000000000000000000000000bEEF"


def load_manifest(path: Path) -> Manifest:
    """parse_manifest of a UTF-8 file. Raises ManifestError; OSError where the file can't be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        problem = Problem(0, "file", "not_utf8", f"byte {error.start} is not UTF-8")
        raise ManifestError("bad_manifest", path.name, [problem]) from error
    return parse_manifest(text, subject=path.name)


def parse_manifest(text: str, *, subject: str = "manifest") -> Manifest:
    """Validate a manifest's TOML text. Raises ManifestError with everything that is wrong and where."""
    problems: list[Problem] = []
    manifest = _read(text, problems)
    if problems or manifest is None:
        raise ManifestError("bad_manifest", subject, problems)
    return replace(manifest, subject=subject, lines=locate(text))


def _read(text: str, problems: list[Problem]) -> Manifest | None:
    root = Section.parse(text, problems)
    if root is None:
        return None
    root.whole("version", VERSION, VERSION)
    name = account = None
    if (issuer := root.table("issuer", "issuer")) is not None:
        name, account = issuer.text("name", most=64), issuer.account("account")
        issuer.finish()
    currencies = {symbol: _currency(symbol, section) for symbol, section in root.named_tables("currency")}
    series = [_series(section, currencies) for section in root.tables("series")]
    names = [one.name for one in series if one is not None]
    for again in sorted({one for one in names if names.count(one) > 1}):
        root.problem("series", "duplicate", f"the name {again!r} is given to more than one series")
    root.finish()
    if problems or name is None or account is None:
        return None
    return Manifest(
        issuer_name=name,
        issuer_account=account,
        currencies=tuple(one for one in currencies.values() if one is not None),
        series=tuple(one for one in series if one is not None),
    )


def _currency(symbol: str, section: Section) -> Currency | None:
    if _SYMBOL.fullmatch(symbol) is None:
        section.problem(None, "bad_value", f"{symbol!r} is no symbol: 1 to 16 letters, digits and points")
    token = section.account("token")
    decimals = section.whole("decimals", 0, 28)
    unit = section.matching("unit", _UNIT, 'an ISO 4217 code, like "USD"')
    section.finish()
    if token is None or decimals is None or unit is None:
        return None
    return Currency(symbol, token, decimals, unit)


def _series(section: Section, currencies: dict[str, Currency | None]) -> Series | None:
    name = section.matching("name", _NAME, "a name of lower-case letters, digits and -, at most 48")
    preset_name = section.text("preset", most=32)
    rules = section.check("preset", lambda: preset(preset_name)) if preset_name is not None else None
    currency = _currency_of(section, currencies)
    decimals = currency.decimals if currency else None
    face = section.amount("face", decimals)
    fee_bps = section.whole("fee_bps", 0, MAX_FEE_BPS, required=False) or 0
    zone = section.text("zone", most=64)
    place = section.check("zone", lambda: zone_of(zone)) if zone is not None else None
    opens, closes = section.day("sales_opens"), section.day("sales_closes")
    beneficiary = section.account("beneficiary")
    merchants = _merchants(section)
    art = _art(section)
    overrides = _overrides(section, decimals)
    promotion_sections = list(section.tables("promotion", required=False))
    section.finish()
    if rules is not None and currency is not None:
        _check_unit(section, rules, currency)
    if (
        name is None
        or rules is None
        or currency is None
        or face is None
        or zone is None
        or place is None
        or opens is None
        or closes is None
        or beneficiary is None
        or merchants == ()
        or art is None
        or overrides is None
    ):
        # The promotions' own keys are still read, so that their problems are in the same list.
        for one in promotion_sections:
            _promotion(one, None, None, decimals)
        return None
    series = Series(
        name=name,
        preset=rules,
        currency=currency,
        face=face,
        fee_bps=fee_bps,
        zone=zone,
        sales_opens=opens,
        sales_closes=closes,
        beneficiary=beneficiary,
        merchants=merchants,
        art=art,
        overrides=overrides,
    )
    terms = _check_terms(section, series)
    promotions = [_promotion(one, series, terms, decimals) for one in promotion_sections]
    found = tuple(one for one in promotions if one is not None)
    return replace(series, promotions=found)


def _check_terms(section: Section, series: Series) -> Terms | None:
    """The series' terms with a stand-in beneficiary; None after noting every rule of the preset that they
    break.
    """
    rules, given = series.preset, series.overrides
    named = series.merchants is not None
    opens, closes = series.sales_opens, series.sales_closes
    allowed = section.holds("merchants", lambda: rules.resolve_named(named=named))
    if not section.holds("sales_closes", lambda: rules.check_sales_window(opens, closes)) or not allowed:
        return None
    base = section.check(None, lambda: base_terms(series, _SOMEBODY))
    if base is None:
        return None
    # One by one first, so that each override that gives the holder less is named with its own line.
    worse = False
    for field in fields(given):
        value = getattr(given, field.name)
        if value is not None:
            try:
                apply_overrides(
                    base, rules, Overrides(**{field.name: value}), face=series.face, zone=series.zone
                )
            except TermsError as error:
                if error.reason in ("worse_for_holder", "refunds_barred"):
                    worse = True
                    section.problem_in("overrides", field.name, error.reason, str(error))
    return None if worse else section.check("overrides", lambda: build_terms(series, _SOMEBODY))


def _currency_of(section: Section, currencies: dict[str, Currency | None]) -> Currency | None:
    symbol = section.text("currency", most=16)
    if symbol is not None and symbol not in currencies:
        section.problem("currency", "unknown_currency", f"there is no table [currency.{symbol}]")
    return currencies.get(symbol) if symbol is not None else None


def _check_unit(section: Section, rules: Preset, currency: Currency) -> None:
    if rules.has_figures and currency.unit != rules.currency:
        section.problem(
            "currency",
            "wrong_currency_unit",
            f"preset {rules.name} has figures in {rules.currency}, {currency.symbol} is in {currency.unit}",
        )


def _merchants(section: Section) -> tuple[str, ...] | None:
    """The named merchants, None where anyone is one, () after a problem."""
    rule = f'a list of addresses and roles, or "{ANYONE}"'
    value = section.choice("merchants", (list, str), rule)
    if value == ANYONE:
        return None
    if isinstance(value, str) or value == []:
        section.problem("merchants", "bad_value", f"{value!r} is not {rule}")
        return ()
    return section.accounts("merchants", value) if value is not None else ()


def _art(section: Section) -> Art | None:
    art = section.table("art", f"{section.label}, art")
    if art is None:
        return None
    values = {
        "title": art.text("title", most=64),
        "issuer": art.text("issuer", most=64),
        "terms_uri": art.matching(
            "terms_uri", _URI, "an https:// or ipfs:// address of at most 200 characters"
        ),
        "template": art.matching("template", _NAME, "a template's name"),
    }
    for key in ("background", "accent", "ink"):
        colour = art.matching(key, _COLOUR, "a colour #rrggbb")
        values[key] = colour.lower() if colour else None
    for key, value in values.items():
        try:
            if value is not None:
                check_art_field(key, value)
        except CardError as error:
            art.problem(key, error.reason, str(error).removeprefix(f"{key} "))
    art.finish()
    present = {key: value for key, value in values.items() if value is not None}
    return Art(**present) if len(present) == len(values) else None


def _overrides(section: Section, decimals: int | None) -> Overrides | None:
    if not section.has("overrides"):
        section.table("overrides", "", required=False)
        return Overrides()
    given = section.table("overrides", f"{section.label}, overrides")
    if given is None:
        return None
    overrides = Overrides(
        expires=_day_or_never(given, "expires"),
        limitation=_day_or_never(given, "limitation"),
        use_threshold_bps=given.whole("use_threshold_bps", 1, FULL_BPS, required=False),
        post_expiry_bps=given.whole("post_expiry_bps", 1, FULL_BPS, required=False),
        withdrawal_days=given.whole("withdrawal_days", 1, 366, required=False),
        cash_out_above=given.amount("cash_out_above", decimals, required=False),
        cash_out_below=given.amount("cash_out_below", decimals, required=False),
        cash_out_unused=given.flag("cash_out_unused"),
        convertible=given.flag("convertible"),
        refund_on_removal=given.flag("refund_on_removal"),
    )
    given.finish()
    return overrides


def _day_or_never(section: Section, key: str) -> date | Literal["never"] | None:
    value: date | str | None = section.choice(
        key, (date, str), 'a date like 2031-12-31, or "never"', required=False
    )
    if isinstance(value, str) and value != "never":
        section.problem(key, "bad_value", f'{value!r} is not a date like 2031-12-31, or "never"')
        return None
    return "never" if isinstance(value, str) else value


def _promotion(
    section: Section, series: Series | None, terms: Terms | None, decimals: int | None
) -> Promotion | None:
    name = section.matching("name", _NAME, "a name of lower-case letters, digits and -, at most 48")
    budget = section.amount("budget", decimals)
    shares = {
        key: section.whole(key, 0, FULL_BPS, required=False) or 0
        for key in ("discount_bps", "cash_back_bps", "referral_bps")
    }
    opens, closes = section.day("opens"), section.day("closes")
    section.finish()
    if name is None or budget is None or opens is None or closes is None or series is None:
        return None
    place = zone_of(series.zone)
    ends_at = section.check("closes", lambda: end_of(closes, place))
    if ends_at is None:
        return None
    promotion = Promotion(
        name=name, budget=budget, starts_at=start_of(opens, place), ends_at=ends_at, **shares
    )
    if not series.sales_opens <= opens <= closes <= series.sales_closes:
        section.problem(
            "opens",
            "outside_sales_window",
            f"{opens} to {closes} is not within the sales, {series.sales_opens} to {series.sales_closes}",
        )
    if promotion.reward_bps == 0:
        section.problem(None, "no_reward", "give discount_bps, cash_back_bps or referral_bps")
    if series.merchants is None:
        section.problem(
            None, "promotion_needs_named", "where anyone is a merchant a reward is cash for the asking"
        )
    if budget * FULL_BPS < series.face * promotion.reward_bps:
        section.problem("budget", "budget_too_small", "it doesn't cover the rewards of a single certificate")
    if terms is not None and promotion.worth_exploiting(terms, series.face):
        section.problem(
            None,
            "reward_exceeds_refund_margin",
            f"rewards of {promotion.reward_bps} basis points make a "
            f"certificate of {series.face} cheaper than the "
            f"{terms.largest_refund(series.face)} that its refund rights can pay",
        )
    return promotion
