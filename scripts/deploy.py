"""Deploy Largesse, at the same addresses on every chain. Safe to run again."""

from __future__ import annotations

from pathlib import Path

from largesse import deployment as deployments
from largesse.addresses import parse_address
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.chain import Wallet
from largesse.commands.command import command
from largesse.console import done, say, table
from largesse.deploying import Plan, Step, deploy, final_check, plan_deployment
from largesse.deployment import Deployment, DeploymentError
from largesse.development import make_currencies
from largesse.files import CHECKOUT
from largesse.session import Session
from largesse.terms.manifest import load_manifest
from largesse.waiting import ether, gwei, require_nothing_waiting

DEMO = CHECKOUT / "examples" / "manifests" / "demo.toml"


@command(
    "Deploy the contracts, and one of each part for each currency; a second run finds what is there.",
    Option("currency", "the currencies' token addresses, with commas; on a development chain not needed", ""),
    Option("manifest", "on a development chain, whose currencies to make (default: the demo's)", ""),
    Option("from", "who sends", ""),
    example="--network anvil",
)
def main(session: Session, given: Arguments) -> Deployment:
    wallet = session.wallet(given, "deployer")
    existing = _existing(session)
    currencies = _currencies(session, given, existing)
    require_nothing_waiting(session.node, wallet)
    plan = plan_deployment(session.node, currencies)
    if existing is not None and existing.factory != plan.factory:
        _leave_behind(session, existing, plan)
    _show(plan, wallet.address)
    if plan.missing:
        _show_cost(session, wallet, plan)
        session.confirm(
            f"{len(plan.missing)} transactions on chain {plan.chain_id}.", f"deploy on {plan.chain_id}"
        )
    deployment = deploy(session.node, wallet, plan, _report)
    with deployments.alone(session.records):
        # Another command may have written into it meanwhile.
        latest = _existing(session)
        if latest is not None and latest.factory == deployment.factory:
            deployment = deployment.with_all_of(latest)
        path = deployments.save(session.records, deployment)
    done(f"written down in {path.parent.name}/{path.name}")
    return deployment


@command("Read a deployment back and compare it with this checkout's code.")
def check(session: Session, _: Arguments) -> tuple[str, ...]:
    checked = final_check(session.node, session.deployment())
    for line in checked:
        done(line)
    return checked


def _existing(session: Session) -> Deployment | None:
    """The record of this very chain, if there is one that its code bears out."""
    try:
        existing = session.deployment()
    except DeploymentError as error:
        if error.reason == "bad_record" or not (session.development or error.reason == "not_deployed"):
            raise
        return None
    # A development node can be set back to before the deployment; its tokens are gone then.
    there = all(session.node.has_code(one.token) for one in existing.currencies)
    return existing if there else None


def _leave_behind(session: Session, existing: Deployment, plan: Plan) -> None:
    """Another release's series are not this one's. Its record is lost on a development chain only."""
    if not session.development:
        name = deployments.record_path(session.records, plan.chain_id).name
        raise DeploymentError(
            "other_release",
            f"{name} is about the contracts of another release (factory {existing.factory}, this one's is "
            f"{plan.factory}): keep it under another name, then `brownie run deploy` writes a new one",
        )


def _currencies(session: Session, given: Arguments, existing: Deployment | None) -> list[str]:
    known = [one.token for one in existing.currencies] if existing else []
    if given.has("currency"):
        named = [parse_address(one) for one in given.text("currency").split(",")]
        return known + [one for one in named if one not in known]
    if not session.development:
        raise ArgumentError("missing_argument", "currency=… is not given: which token, on a live chain?")
    path = given.path("manifest") if given.has("manifest") else DEMO
    made = make_currencies(session.node, load_manifest(Path(path)), existing)
    return known + [one for one in made if one not in known]


def _show(plan: Plan, sender: str) -> None:
    rows = [
        (step.what, step.address, "is there" if step.done else f"at most {step.gas:,}") for step in plan.steps
    ]
    table(f"Plan: chain {plan.chain_id}, sent by {sender}", ("what", "address", "gas"), rows, right=2)


def _show_cost(session: Session, wallet: Wallet, plan: Plan) -> None:
    """What it can cost at most, before anything is confirmed. Raises DeploymentError not_enough_ether."""
    fees = session.node.fees()
    most = plan.gas * fees.most
    held = int(session.node.web3.eth.get_balance(wallet.address))
    say(
        f"At most {plan.gas:,} gas at {gwei(fees.most)}, {gwei(fees.tip)} of them the tip: {ether(most)} "
        f"(a layer 2 adds its fee for data); {wallet.name} has {ether(held)}."
    )
    if not session.development:
        blocks = session.node.confirmations
        say(f"Everything is waited for until it is under {blocks} block{'s' if blocks > 1 else ''}.")
        if held < most:
            raise DeploymentError(
                "not_enough_ether",
                f"{wallet.name} has {ether(held)}, and deploying can take {ether(most)}; nothing was sent",
            )


def _report(step: Step, gas: int) -> None:
    if gas:
        done(f"{step.what}: {gas:,} gas")
    else:
        say(f"  {step.what}: is there")
