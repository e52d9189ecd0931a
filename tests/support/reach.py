"""Which command reaches which function of the contracts, and what the commands of a walk have really sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from eth_abi.abi import decode
from eth_utils.abi import collapse_if_tuple

from largesse.artifacts import artifact, certificates_abi, jars_abi
from largesse.deployment import Deployment
from largesse.eip712 import keccak
from largesse.jar_actions import MULTICALL
from largesse.parts import PARTS
from largesse.relayer.actions import RULES, Kind
from largesse.session import Session

Function = tuple[str, str]
"""A contract's name, and its function's."""

RELAYER: Final = "relayer main"
"""What somebody has signed in a wallet, and somebody else sends."""

COMMANDS: Final[Mapping[str, Mapping[str, str]]] = {
    "GiftCertificates": {
        "createSeries": "create_series main",
        "addMerchants": "issuer admit",
        "addServices": "issuer service",
        "removeMerchant": "issuer notice",
        "setOperator": "issuer operator",
        "windDown": "issuer wind_down",
        "collectFees": "issuer fees",
        "forfeit": "forfeit main",
        "issue": "issue one",
        "issueBatch": "issue main",
        "restore": "restore main",
        "refund": "refund main",
        "convertExpired": "refund convert",
        "withdrawOwed": "owed main",
        "cancelAuthorizations": "cancel card",
        "recall": "give recall",
        "recallFromBatch": "give recall",
        "reclaimBatch": "give reclaim",
        "redeem": "redeem main",
        "pay": "redeem submit",
        "give": "give main",
        "giveMany": "give many",
        "claim": "claim main",
        "claimFromBatch": "claim main",
        "safeTransferFrom": "transfer main",
        "setApprovalForAll": "market offer",
        "transferSigned": RELAYER,
        "giveSigned": RELAYER,
        "claimAndPay": RELAYER,
    },
    "CertificateSales": {
        "setSale": "sell stop",
        "buy": "buy main",
        "buyWithCoupon": "buy main",
        "collectPremiums": "sell premiums",
        "createPromotion": "fund_promotion main",
        "fund": "fund_promotion main",
        "takeBack": "fund_promotion take_back",
        "claimCashBack": "buy cash_back",
        "claimReferral": "buy referral",
        "setReceiptSigner": "sell receipts",
        "issueByReceipt": "webhook main",
        "cancelConsents": "cancel main",
        "withdrawOwed": "owed main",
    },
    "CertificateMarket": {
        "fillMany": "market fill",
        "cancel": "market cancel",
        "cancelAll": "market cancel",
        "cancelSigned": RELAYER,
        "cancelAllSigned": RELAYER,
    },
    "StreamingTipEscrow": {
        "open": "stream open",
        "topUp": "stream top_up",
        "cancel": "stream cancel",
        "changeRate": "stream rate",
        "pause": "stream pause",
        "resume": "stream resume",
        "tip": "tip main",
        "permit": "tip main",
        "collect": "collect main",
        "createSharedJar": "jar share",
        "setTier": "subscribe tier",
        "subscribe": "subscribe main",
        "unsubscribe": "subscribe cancel",
        "giveSubscriptions": "gift_subs main",
        "claimSubscription": "gift_subs claim",
        "reclaimSubscriptions": "gift_subs reclaim",
        "tipHandle": "tip handle",
        "claimHandleTips": "tip claim",
        "reclaimHandleTip": "tip reclaim",
        "setMonthlyCap": "tip cap",
        "countUsed": "stream used",
        "cancelConsents": "cancel main",
        "withdrawOwed": "collect owed",
    },
    "PrepaidAccounts": {
        "open": "prepaid open",
        "topUp": "prepaid top_up",
        "requestWithdrawal": "prepaid withdraw",
        "cancelWithdrawal": "prepaid keep",
        "withdraw": "prepaid withdraw",
        "forfeit": "prepaid forfeit",
        "requestSigner": "prepaid rekey",
        "changeSigner": "prepaid rekey",
        "settle": "settle main",
        "settleOne": "settle main",
        "countUsed": "prepaid used",
        "openSigned": RELAYER,
        "topUpSigned": RELAYER,
        "cancelConsents": "cancel main",
        "withdrawOwed": "owed main",
    },
    "HeldOrders": {
        "open": "hold open",
        "confirm": "hold confirm",
        "refund": "hold refund",
        "end": "hold end",
        "openSigned": RELAYER,
        "cancelConsents": "cancel main",
        "withdrawOwed": "owed main",
    },
    "AtomicSwaps": {
        "lock": "swap propose",
        "claim": "swap claim",
        "refund": "swap refund",
        "claimTo": RELAYER,
        "refundTo": RELAYER,
        "cancelConsents": "cancel main",
        "withdrawOwed": "owed main",
    },
    "RewardPools": {
        "open": "pool open",
        "fund": "pool fund",
        "changeAttester": "pool attester",
        "announceClosing": "pool close",
        "cancelClosing": "pool keep",
        "close": "pool close",
        "pay": "pool pay",
        "collect": "pool collect",
        "openSigned": RELAYER,
        "fundSigned": RELAYER,
        "payOne": RELAYER,
        "cancelConsents": "cancel main",
        "withdrawOwed": "owed main",
    },
    "ItemShop": {
        "list": "items list",
        "withdraw": "items withdraw",
        "cancelConsents": "cancel main",
        "withdrawOwed": "owed main",
    },
    "LargesseFactory": {"create": "deploy main"},
}
"""A command that sends it, of each function that changes something."""

_ONE_OF_THE_CONTRACTS: Final = "only contracts call it: a payment into a service"
_BEFORE: Final = "it stands before an action in one transaction; commands approve what is missing instead"
_LOCKED: Final = (
    "hash-locked vouchers are for hubs, programs that answer within seconds (`largesse.vouchers`)"
)
NO_COMMAND: Final[Mapping[Function, str]] = {
    ("GiftCertificates", "restoreFromService"): "only services call it, of what was paid into them",
    (
        "GiftCertificates",
        "countUsed",
    ): "only services call it: `stream used` and `prepaid used` have them do so",
    ("GiftCertificates", "creditAccepted"): "only the contract itself calls it",
    (
        "GiftCertificates",
        "redeemSigned",
    ): "`redeem submit` pays what was signed by `pay`, which checks the order",
    (
        "GiftCertificates",
        "redeemBatch",
    ): "for tills that collect signed cards, by themselves; `redeem submit` is one",
    ("GiftCertificates", "safeBatchTransferFrom"): "several series at once; `transfer main` does each",
    ("CertificateSales", "onRedemption"): _ONE_OF_THE_CONTRACTS,
    ("CertificateSales", "permit"): _BEFORE,
    ("CertificateSales", "multicall"): "several calls in one transaction, none of its own",
    ("CertificateMarket", "fill"): "`market fill` buys of one offer as of many, by `fillMany`",
    (
        "CertificateMarket",
        "fillAndPay",
    ): "buys and spends at once, for wallets and agents (`Market.fill_into`)",
    ("CertificateMarket", "fillRow"): "only the contract itself calls it",
    ("CertificateMarket", "permit"): _BEFORE,
    ("CertificateMarket", "multicall"): "several calls in one transaction, none of its own",
    ("StreamingTipEscrow", "onRedemption"): _ONE_OF_THE_CONTRACTS,
    ("StreamingTipEscrow", "multicall"): "several calls in one transaction, none of its own",
    ("PrepaidAccounts", "settleLocked"): _LOCKED,
    ("PrepaidAccounts", "settleOneLocked"): _LOCKED,
    ("PrepaidAccounts", "onRedemption"): _ONE_OF_THE_CONTRACTS,
    ("PrepaidAccounts", "permit"): _BEFORE,
    ("PrepaidAccounts", "multicall"): "several calls in one transaction, none of its own",
    ("HeldOrders", "onRedemption"): _ONE_OF_THE_CONTRACTS,
    ("HeldOrders", "permit"): _BEFORE,
    ("HeldOrders", "multicall"): "several calls in one transaction, none of its own",
    ("AtomicSwaps", "permit"): _BEFORE,
    ("AtomicSwaps", "multicall"): "several calls in one transaction, none of its own",
    ("RewardPools", "permit"): _BEFORE,
    ("RewardPools", "multicall"): "several calls in one transaction, none of its own",
    ("ItemShop", "onRedemption"): _ONE_OF_THE_CONTRACTS,
    ("ItemShop", "permit"): _BEFORE,
    ("UniswapV2Payout", "onRedemption"): _ONE_OF_THE_CONTRACTS,
}
"""The others, and why."""

_OWED: Final = "tests/scripts/test_owed.py::test_each_contract_pays_once_to_where_its_payee_says"
_VOID: Final = "tests/scripts/test_cancel.py::test_what_was_signed_is_void_in_each_contract"
_ACCOUNT: Final = "tests/scripts/test_owner_of_account.py::"
_PAID: Final = "tests/scripts/test_micropayments.py::"
_SHOP: Final = "tests/scripts/test_shop_end.py::"
NOT_IN_THE_WALK: Final[Mapping[Function, str]] = {
    **{
        (name, "withdrawOwed"): _OWED
        for name, known in COMMANDS.items()
        if known.get("withdrawOwed") == "owed main"
    },
    **{
        (name, "cancelConsents"): _VOID
        for name, known in COMMANDS.items()
        if "cancelConsents" in known and name != "StreamingTipEscrow"
    },
    ("GiftCertificates", "convertExpired"):
        "tests/scripts/test_gifts_back.py::test_an_expired_card_becomes_one_that_lives",
    ("GiftCertificates", "reclaimBatch"):
        "tests/scripts/test_gifts_back.py::test_what_nobody_claimed_is_taken_back_once",
    ("GiftCertificates", "claimFromBatch"):
        "tests/scripts/test_gifts_back.py::test_what_nobody_claimed_is_taken_back_once",
    ("CertificateSales", "buy"): _SHOP + "test_a_sale_is_stopped_and_opened_again",
    ("CertificateSales", "collectPremiums"):
        _SHOP + "test_premiums_are_the_issuers_when_nobody_can_withdraw",
    ("CertificateSales", "claimCashBack"): _SHOP + "test_cash_back_is_issued_once",
    ("CertificateSales", "claimReferral"):
        _SHOP + "test_a_referral_vests_with_the_window_and_is_paid_once",
    ("CertificateSales", "issueByReceipt"): "tests/scripts/test_readme.py",
    ("StreamingTipEscrow", "reclaimHandleTip"):
        "tests/scripts/test_streams.py::test_an_unclaimed_tip_to_a_handle_returns",
    ("StreamingTipEscrow", "countUsed"): _ACCOUNT + "test_what_flowed_of_a_card_counts_as_used",
    ("PrepaidAccounts", "countUsed"): _ACCOUNT + "test_what_a_seller_took_of_a_card_counts_as_used",
    ("PrepaidAccounts", "forfeit"):
        _ACCOUNT + "test_what_is_left_goes_to_the_beneficiary_a_delay_after_limitation",
    ("PrepaidAccounts", "changeSigner"): _ACCOUNT + "test_another_key_spends_after_the_delay",
    ("PrepaidAccounts", "withdraw"): _PAID + "test_an_account_from_opening_to_withdrawal",
    ("PrepaidAccounts", "settleOne"):
        "tests/gateway/test_settler.py::test_a_contract_wallets_voucher_is_settled_by_itself",
    ("CertificateMarket", "cancel"): "tests/scripts/test_market.py",
    ("AtomicSwaps", "refund"): "tests/scripts/test_swap.py::test_two_people_give_up",
    ("RewardPools", "close"): "tests/scripts/test_pool.py::test_a_pool_from_opening_to_closing",
}  # fmt: skip
"""What the commands of docs/COMMANDS.md, typed in their order, do not come to: the test that does."""


def reached() -> dict[Function, str]:
    """Every function with a command, and that command."""
    return {
        (name, function): command for name, known in COMMANDS.items() for function, command in known.items()
    }


def functions(contract: str) -> Iterator[dict[str, Any]]:
    """What a deployed contract's address answers, as its ABI says it; or an interface."""
    abi: tuple[dict[str, Any], ...] = {
        "GiftCertificates": certificates_abi,
        "StreamingTipEscrow": jars_abi,
    }.get(contract, lambda: artifact(contract).abi)()
    return (item for item in abi if item["type"] == "function")


def selector(item: dict[str, Any]) -> bytes:
    """The first four bytes of a call."""
    return keccak(f"{item['name']}({','.join(collapse_if_tuple(part) for part in item['inputs'])})".encode())[
        :4
    ]


def changing(contract: str) -> dict[bytes, str]:
    """The names of those functions that are no views, by selector."""
    return {
        selector(item): item["name"]
        for item in functions(contract)
        if item["stateMutability"] not in ("view", "pure")
    }


def deployed() -> tuple[str, ...]:
    """Every contract that a deployment has."""
    beside = (part.contract for part in PARTS)
    return ("GiftCertificates", *beside, "LargesseFactory", "CertificateLens", "CardArt", "CardPainter")


def relayed(function: Function) -> bool:
    """Whether the relayer sends it."""
    return function[1] in RULES[Kind(function[0])]


def sent(session: Session, first: int, last: int) -> set[Function]:
    """Functions of the deployment that transactions of these blocks have called, and that did not fail."""
    places = _places(session.deployment())
    found: set[Function] = set()
    for number in range(first, last + 1):
        for transaction in session.node.web3.eth.get_block(number, full_transactions=True)["transactions"]:
            name = places.get(str(transaction.get("to")))  # type: ignore[union-attr]
            worked = session.node.web3.eth.get_transaction_receipt(transaction["hash"])["status"] == 1  # type: ignore[index]
            if name is not None and worked:
                found |= {(name, function) for function in _called(name, bytes(transaction["input"]))}  # type: ignore[index]
    return found


def _places(deployment: Deployment) -> dict[str, str]:
    contracts = {part.name: part.contract for part in PARTS}
    places = {deployment.factory: "LargesseFactory"}
    for currency in deployment.currencies:
        places[currency.certificates] = "GiftCertificates"
        places |= {currency.part(name): contract for name, contract in contracts.items()}
    return places


def _called(contract: str, data: bytes) -> Iterator[str]:
    if data[:4] == MULTICALL:
        for one in decode(["bytes[]"], data[4:])[0]:
            yield from _called(contract, one)
    elif data[:4] in (known := changing(contract)):
        yield known[data[:4]]
