"""Open series as a manifest describes them."""

from __future__ import annotations

from largesse import deployment as deployments
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.chain import ROLES
from largesse.commands.command import command
from largesse.console import say, table
from largesse.opening import Opened, check_opening, currency_roles, open_series
from largesse.session import Session
from largesse.terms.manifest import load_manifest
from largesse.terms.series import Manifest
from largesse.waiting import await_final, require_nothing_waiting


@command(
    "Open the series of a manifest. Terms never change; a series that is there already is left as it is.",
    Option("manifest", "the TOML file"),
    Option("series", "only the one of this name", ""),
    Option("from", "the issuer", ""),
    example="manifest=examples/manifests/demo.toml",
    open_names="<role>=<address> for each role of the manifest (not needed on a development chain)",
)
def main(session: Session, given: Arguments) -> list[Opened]:
    manifest = load_manifest(given.path("manifest"))
    deployment = session.deployment()
    roles = _roles(session, given, manifest) | currency_roles(manifest, deployment)
    chosen = [one for one in manifest.series if not given.has("series") or one.name == given.text("series")]
    if not chosen:
        names = ", ".join(one.name for one in manifest.series)
        raise ArgumentError("unknown_series", f"series={given.text('series')} is none of {names}")
    issuer = session.wallet(given, "issuer")
    manifest.check_accounts(roles, chosen)
    expected = roles.get(manifest.issuer_account, manifest.issuer_account)
    if issuer.address != expected:
        raise ArgumentError(
            "wrong_issuer", f"the manifest's issuer is {expected}, {issuer.name} is {issuer.address}"
        )
    # Series are for good: whatever is wrong with any is said before the first is opened.
    check_opening(session.node, deployment, manifest, chosen, issuer, roles)
    for one in chosen:
        say(one.terms_text(roles))
    require_nothing_waiting(session.node, issuer)
    session.confirm(f"{len(chosen)} series with the terms above, for good.", f"open {len(chosen)}")
    opened = []
    for one in chosen:
        result = open_series(session.node, deployment, one, issuer, roles)
        # After each: a crash in the middle loses no name.
        deployments.add_series(session.records, session.node, result.record)
        opened.append(result)
    await_final(session.node, issuer.address)
    for result, one in zip(opened, chosen, strict=True):
        # A re-org before that may have given a series another number, or have taken it away.
        again = open_series(session.node, deployment, one, issuer, roles).record
        if again != result.record:
            deployments.add_series(session.records, session.node, again)
    table(
        "Series",
        ("name", "currency/number", ""),
        [(o.record.name, f"{o.record.symbol}/{o.record.series_id}", "opened" if o.created else "was there")
         for o in opened],
    )  # fmt: skip
    return opened


def _roles(session: Session, given: Arguments, manifest: Manifest) -> dict[str, str]:
    wanted = manifest.roles()
    unknown = sorted(given.others.keys() - wanted)
    if unknown:
        raise ArgumentError("unknown_argument", f"{', '.join(unknown)}: the manifest has no such role")
    roles = {role: session.address(address) for role, address in given.others.items()}
    if session.development:
        roles |= {role: session.address(role) for role in wanted - roles.keys() if role in ROLES}
    return roles
