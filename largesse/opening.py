"""From a manifest to series on the chain: each once, however often it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from largesse.cards import encode_art
from largesse.chain import Node, RefusedError, Wallet
from largesse.clients.certificates import Certificates
from largesse.deployment import Deployment, SeriesRecord
from largesse.errors import LargesseError, ManifestError
from largesse.terms.series import Manifest, Series


class OpeningError(LargesseError):
    """A series that can't be opened as its manifest says."""


@dataclass(frozen=True)
class Opened:
    """A series on the chain; `created` is False where it had been there."""

    record: SeriesRecord
    created: bool


def currency_roles(manifest: Manifest, deployment: Deployment) -> dict[str, str]:
    """What the manifest's currency roles stand for on this chain.

    Raises DeploymentError unknown_currency, OpeningError wrong_currency.
    """
    roles: dict[str, str] = {}
    for currency in manifest.currencies:
        record = deployment.currency(currency.symbol)
        if currency.decimals != record.decimals:
            raise OpeningError(
                "wrong_currency",
                f"{currency.symbol} has {record.decimals} decimals here, {currency.decimals} in the manifest",
            )
        if not currency.token.startswith("0x"):
            roles[currency.token] = record.token
        elif currency.token != record.token:
            raise OpeningError(
                "wrong_currency",
                f"{currency.symbol} is {record.token} here, {currency.token} in the manifest",
            )
    return roles


def check_opening(
    node: Node,
    deployment: Deployment,
    manifest: Manifest,
    chosen: Sequence[Series],
    issuer: Wallet,
    roles: Mapping[str, str],
) -> None:
    """Whether the chain would take each of these series of a manifest that is not there yet; nothing is
    sent.

    Raises ManifestError with each that it would refuse, TermsError as `open_series`.
    """
    problems = []
    for one in chosen:
        record = deployment.currency(one.currency.symbol)
        certificates = Certificates(node, record.certificates, record.block)
        terms, merchants = one.terms(roles), list(one.merchant_addresses(roles))
        if certificates.find_series(issuer.address, terms.terms_hash) is not None:
            continue
        create = certificates.contract.functions.createSeries
        try:
            node.call(create(terms.as_tuple(), merchants, encode_art(one.art)), issuer.address)
        except RefusedError as error:
            problems.append(manifest.problem(one, "", error.reason, str(error)))
    if problems:
        raise ManifestError("bad_manifest", manifest.subject, problems)


def open_series(
    node: Node, deployment: Deployment, series: Series, issuer: Wallet, roles: Mapping[str, str]
) -> Opened:
    """Create `series` unless its issuer has created one with the same terms.

    Raises TermsError unknown_role, RefusedError.
    """
    record = deployment.currency(series.currency.symbol)
    certificates = Certificates(node, record.certificates, record.block)
    terms = series.terms(roles)
    found = certificates.find_series(issuer.address, terms.terms_hash)
    created = found is None
    if found is None:
        merchants = series.merchant_addresses(roles)
        found = certificates.create_series(issuer, terms, merchants, encode_art(series.art))
    return Opened(SeriesRecord(series.name, record.symbol, found, series.face), created)
