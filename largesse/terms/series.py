"""Series as an issuer describes them: preset, currency, sales window, merchants, artwork, promotions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from eth_utils.crypto import keccak

from largesse.addresses import parse_address
from largesse.calendars import end_of, start_of, zone_of
from largesse.errors import AddressError, ManifestError, Problem, TermsError
from largesse.terms.fields import FULL_BPS, Terms
from largesse.terms.overrides import Overrides, apply_overrides
from largesse.terms.presets import Preset
from largesse.terms.text import terms_text

Roles = Mapping[str, str]


@dataclass(frozen=True)
class Currency:
    """A token: `token` is its address or a role, `unit` the ISO 4217 code of what one of it stands for."""

    symbol: str
    token: str
    decimals: int
    unit: str


@dataclass(frozen=True)
class Art:
    """What the card shows; colours are #rrggbb in lower case."""

    title: str
    issuer: str
    terms_uri: str
    template: str
    background: str
    accent: str
    ink: str


@dataclass(frozen=True)
class Promotion:
    """A funded promotion: `budget` in base units; runs from second `starts_at` until before `ends_at`."""

    name: str
    budget: int
    discount_bps: int
    cash_back_bps: int
    referral_bps: int
    starts_at: int
    ends_at: int

    @property
    def reward_bps(self) -> int:
        """All that one purchase can take from the budget, as a share of face."""
        return self.discount_bps + self.cash_back_bps + self.referral_bps

    def worth_exploiting(self, terms: Terms, face: int) -> bool:
        """True where a refund right could pay a buyer more than the purchase cost after every reward.

        A discount may not exceed what the refund leaves: after expiry, and for a rest that is cashed out
        early.
        """
        return terms.largest_refund(face) * FULL_BPS > face * (FULL_BPS - self.reward_bps)


@dataclass(frozen=True)
class Series:
    """One series of a manifest. Accounts are addresses or roles; `merchants` is None where anyone is a
    merchant.

    `face` is the value of one certificate in base units; `sales_opens` and `sales_closes` are the first and
    the last day of sale in the IANA zone `zone`.
    """

    name: str
    preset: Preset
    currency: Currency
    face: int
    fee_bps: int
    zone: str
    sales_opens: date
    sales_closes: date
    beneficiary: str
    merchants: tuple[str, ...] | None
    art: Art
    overrides: Overrides
    promotions: tuple[Promotion, ...] = ()

    @property
    def sales_open_at(self) -> int:
        """Unix second from which the series is on sale."""
        return start_of(self.sales_opens, zone_of(self.zone))

    @property
    def sales_close_at(self) -> int:
        """Unix second from which the series is no longer on sale."""
        return end_of(self.sales_closes, zone_of(self.zone))

    def terms(self, roles: Roles) -> Terms:
        """The terms to create the series with, `terms_hash` included.

        `roles` maps every role in use to an address. Raises TermsError unknown_role, bad_role_address.
        """
        return replace(self._unhashed_terms(roles), terms_hash=keccak(text=self.terms_text(roles)))

    def terms_text(self, roles: Roles) -> str:
        """The canonical terms text; the ledger stores the keccak256 of its UTF-8 bytes as `terms_hash`."""
        return terms_text(
            preset=self.preset,
            terms=self._unhashed_terms(roles),
            zone=self.zone,
            facts={
                "series": self.name,
                "title": self.art.title,
                "issuer": self.art.issuer,
                "terms_uri": self.art.terms_uri,
                "currency": f"{self.currency.symbol}, {self.currency.decimals} decimals",
                "currency_unit": self.currency.unit,
                "currency_token": resolve(self.currency.token, roles),
                "face": str(self.face),
                "sales_open_at": str(self.sales_open_at),
            },
        )

    def merchant_addresses(self, roles: Roles) -> tuple[str, ...]:
        """The merchants' addresses, () where anyone is one. Raises TermsError unknown_role,
        duplicate_merchant.
        """
        found: list[str] = []
        for merchant in self.merchants or ():
            found.append(_another(merchant, roles, found))
        return tuple(found)

    def _unhashed_terms(self, roles: Roles) -> Terms:
        return build_terms(self, resolve(self.beneficiary, roles))


@dataclass(frozen=True)
class Manifest:
    """A validated manifest: the issuer's printed name, its account (address or role), at least one series.

    `subject` is the file's name; `lines` is where its tables and keys are in it, by their paths.
    """

    issuer_name: str
    issuer_account: str
    currencies: tuple[Currency, ...]
    series: tuple[Series, ...]
    subject: str = "manifest"
    lines: Mapping[tuple[str | int, ...], int] = field(default_factory=dict, compare=False, repr=False)

    def roles(self) -> frozenset[str]:
        """Every role name in use; deployment must give each an address."""
        accounts = {self.issuer_account, *(currency.token for currency in self.currencies)}
        for one in self.series:
            accounts.update((one.beneficiary, *(one.merchants or ())))
        return frozenset(account for account in accounts if not account.startswith("0x"))

    def check_accounts(self, roles: Roles, chosen: Collection[Series]) -> None:
        """Raises ManifestError with every account of the issuer's, or of a chosen series', that has no
        address of its own: unknown_role, bad_role_address, duplicate_merchant."""
        if problems := list(self._account_problems(roles, chosen)):
            raise ManifestError("bad_manifest", self.subject, problems)

    def problem(self, series: Series, key: str, reason: str, message: str) -> Problem:
        """One that shows only when it is known who has which role, and what is on the chain."""
        number = self.series.index(series)
        line = self.lines.get(("series", number, key), self.lines.get(("series", number), 0))
        return Problem(line, f"series {number + 1}", reason, f"{key}: {message}" if key else message)

    def _account_problems(self, roles: Roles, chosen: Collection[Series]) -> Iterator[Problem]:
        try:
            resolve(self.issuer_account, roles)
        except TermsError as error:
            line = self.lines.get(("issuer", "account"), 0)
            yield Problem(line, "issuer", error.reason, f"account: {error}")
        for one in chosen:
            for key, accounts in (("beneficiary", (one.beneficiary,)), ("merchants", one.merchants or ())):
                seen: list[str] = []
                for account in accounts:
                    try:
                        seen.append(_another(account, roles, seen))
                    except TermsError as error:
                        yield self.problem(one, key, error.reason, str(error))


def base_terms(series: Series, beneficiary: str) -> Terms:
    """The preset's terms for `series`, before its overrides. Raises TermsError, AmountError."""
    return series.preset.terms(
        face=series.face,
        sales_open=series.sales_opens,
        sales_close=series.sales_closes,
        zone=series.zone,
        decimals=series.currency.decimals,
        beneficiary=beneficiary,
        fee_bps=series.fee_bps,
        named=series.merchants is not None,
    )


def build_terms(series: Series, beneficiary: str) -> Terms:
    """Terms of `series` with the address `beneficiary`, no terms hash yet. Raises TermsError, AmountError."""
    base = base_terms(series, beneficiary)
    return apply_overrides(base, series.preset, series.overrides, face=series.face, zone=series.zone)


def resolve(account: str, roles: Roles) -> str:
    """The address of an address or role. Raises TermsError unknown_role, bad_role_address."""
    if account.startswith("0x"):
        return account
    if account not in roles:
        raise TermsError("unknown_role", f"no address is given for the role {account!r}")
    try:
        return parse_address(roles[account])
    except AddressError as error:
        raise TermsError("bad_role_address", f"role {account!r}: {error}") from error


def _another(merchant: str, roles: Roles, found: Collection[str]) -> str:
    """The address of a merchant that is none of those. Raises TermsError too: duplicate_merchant."""
    address = resolve(merchant, roles)
    if address in found:
        raise TermsError("duplicate_merchant", f"{merchant} is {address}, which is a merchant already")
    return address
