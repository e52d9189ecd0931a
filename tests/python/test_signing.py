"""Typed data: digests equal to eth-account's, pinned by golden vectors; validation before encoding."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.address import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from largesse.eip712 import (
    Domain,
    InvalidMessageError,
    InvalidSignatureError,
    Message,
    accounts_domain,
    address_of,
    certificates_domain,
    keccak,
    recover,
)
from largesse.signed import accounts as account_messages
from largesse.signed import certificates as certificate_messages
from largesse.signed import jars as jar_messages
from largesse.signed import market as market_messages
from largesse.signed import orders as order_messages
from largesse.signed import rewards as reward_messages
from largesse.signed import sales as sale_messages
from largesse.signed import swaps as swap_messages
from largesse.signed.certificates import Claim, Redemption

MESSAGES = sorted(
    {
        value
        for module in (
            certificate_messages,
            sale_messages,
            jar_messages,
            account_messages,
            market_messages,
            order_messages,
            reward_messages,
            swap_messages,
        )
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Message) and value is not Message
    },
    key=lambda message: message.__name__,
)
SECRET = keccak(b"golden")
HOLDER = "0x7099797000000000000000000000000000000001"
DOMAIN = certificates_domain(31_337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")

STRATEGIES = {
    "address": st.binary(min_size=20, max_size=20).map(lambda raw: to_checksum_address(raw)),
    "bool": st.booleans(),
    "bytes": st.binary(max_size=80),
    "bytes32": st.binary(min_size=32, max_size=32),
    "bytes32[]": st.lists(st.binary(min_size=32, max_size=32), max_size=5).map(tuple),
    "string": st.text(st.characters(blacklist_categories=["Cs"]), max_size=40),
} | {f"uint{bits}": st.integers(0, 2**bits - 1) for bits in (16, 24, 32, 40, 48, 64, 80, 96, 128, 256)}

STRATEGIES["Attestation"] = st.builds(
    reward_messages.Attestation,
    *(STRATEGIES[f.metadata["solidity"]] for f in fields(reward_messages.Attestation)),
)

SAMPLES: dict[str, Any] = {
    "address": HOLDER,
    "bool": True,
    "bytes": b"data",
    "bytes32": keccak(b"32"),
    "bytes32[]": (keccak(b"first"), keccak(b"second")),
    "string": "für dich",
    "Attestation": reward_messages.Attestation(keccak(b"pool"), HOLDER, HOLDER, 3, 4, 5),
}


def sample(message: type[Message]) -> Message:
    """A message with a different small number in each integer member."""
    values = [SAMPLES.get(f.metadata["solidity"], 3 + i) for i, f in enumerate(fields(message))]
    return message(*values)


def by_eth_account(message: Message, domain: Domain) -> bytes:
    signable = encode_typed_data(full_message=message.typed_data(domain))
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def test_every_message_is_found() -> None:
    assert {"Redemption", "Claim", "Refund", "OpenStream", "Permit"} <= {m.__name__ for m in MESSAGES}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.__name__)
@settings(max_examples=40)
@given(data=st.data())
def test_digest_equals_eth_accounts(message: type[Message], data: Any) -> None:
    values = [data.draw(STRATEGIES[f.metadata["solidity"]]) for f in fields(message)]
    domain = Domain("Largesse", "1", data.draw(st.integers(1, 2**64)), data.draw(STRATEGIES["address"]))
    made = message(*values)
    assert made.digest(domain) == by_eth_account(made, domain)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.__name__)
def test_signature_equals_eth_accounts(message: type[Message]) -> None:
    made = sample(message)
    theirs = Account.from_key(SECRET).sign_typed_data(full_message=made.typed_data(DOMAIN))
    assert made.sign(DOMAIN, SECRET) == bytes(theirs.signature)
    assert recover(made.digest(DOMAIN), made.sign(DOMAIN, SECRET)) == address_of(SECRET)


# Type hash and digest of `sample`, pinned: a change breaks every wallet that signs for a deployed contract.
GOLDEN: dict[str, tuple[str, str]] = {
    "AnnounceClosing": (
        "69f47b21c49873c14deef367d7fc88ae90c90d077bac82e90acf9deed384bee9",
        "17f1341f3bc99851041eacf09d4d323c5392ef302a217f291427ae94fd5e039a",
    ),
    "Attestation": (
        "20dff9cf3e1d64d5ed6ddb3ba7954e621bd67cf564d45447523009ea48e63d17",
        "9969e057dba82fc28d4a496d4c0f8c86e002e3fb04655e49d4b2ef75559fd978",
    ),
    "CancelAllOffers": (
        "71a8233d121bc3182575ccce8de2f5e3994a718ebc4014e7399264259a8d200f",
        "c1dd225f9b7f5fe58f7e1070577370398fafb2edc183e198c393dc0e2e8fcf50",
    ),
    "CancelClosing": (
        "26f530ddc58b9dea3b0f2eb3aae9f2901fe4bfef55430195abf70e1088293665",
        "e2fb39bb386663f5563ab400968641cb2809f813b9a767a1e5edd9920e7fa87c",
    ),
    "CancelOffer": (
        "d13f994650584c589a4039ffde08b394b518fb9ded045c0e4c3dcba008d8598b",
        "0c60a67e7e494f665193cc75207909b2ba19c83bb9068c9e89e894e49f25a94d",
    ),
    "CancelStream": (
        "9443d73c2a2919b8b7b032df0cd901b0c66c98d009624af5d32ca61e4c128736",
        "3a38f32319e0887d78a5a8d22ab3b7c36fa2666b03d655453bba6678dba30d44",
    ),
    "CancelWithdrawal": (
        "d8cb33c0bf7e5c5ad2e2ceb212545f463d15706dfd38e93e2c5b4e7c6c9a9a42",
        "c46b02478ce854950aec39f8b3553506187d1322f8622726ee5ba8455133c1ca",
    ),
    "Cancellation": (
        "c4b91b24ee352d0dd492d63625aebe37ea3d673df321458b6beeb09f3a024472",
        "5793e42141aa457396794e75a8aec6edaa90049ce1f37be29c3349c9a3dd005b",
    ),
    "ChangeAttester": (
        "6815712c1dc1d4416643e8620f38ad6ce7b9cd7db23a931eabfe3cff147f4e5c",
        "acdd2849ee1813352ca9315bb6393eb808b5e065015a2adb2ca79ac1ffbe61f5",
    ),
    "ChangeSigner": (
        "f18c97d0c15a314007de9d48d1be3f51c4318410a020943138ecb6361111e983",
        "7f53c200f56d8a868821ff359d59866ab6f8a9783e16f9361c7c4636c3a1ff1f",
    ),
    "ChangeStreamRate": (
        "1dc97dedf5f21824504c0b2e3eabc92e0c9d6a781f05a21dad7246aff3d1b43c",
        "cc67865bd8a78ceb8d206ec537b9733ac32b883798ae720d42cafe9a3aead661",
    ),
    "Choice": (
        "53e8bfa9678236f0b4b59ca7ed1f8559515c41ef68340b94a439091951608954",
        "4b334f04b25eb8cb48132921c748c0cad75a97317dbaf4a86045a0a1c7ae3ebe",
    ),
    "Claim": (
        "729608d8265bf9734e08aa03921cfc79bcea7552b5487618bfef5192a78952aa",
        "c9cce34c1703b7fa683dddda883d055865aa5de9935330de05f085a15a9abfbb",
    ),
    "ClaimTo": (
        "6c2f951b83a5e2ec7ef1eb8adbfa26d83dded4db1c4e4280991655a847cb96b8",
        "f92938126eee00b207402f5b2b0792d670f4092b825c6c67cac3cdd15594810e",
    ),
    "ConfirmOrder": (
        "0586fcb52f5aed953fe74f2678da4bcb0e36d5515a7b650af024b1653adb8f72",
        "98602da3aa2f09096656447b1c442a9868e249ab54aea42cd3f8767728500b87",
    ),
    "Conversion": (
        "6dba499023adb6e704a751170d5c0d091821c5a19b21a255b5942ea52fc6e85a",
        "fe02c6418d0affe47273c8f896bd7e0bfbbc08e7c908d6be6947894e13be34ed",
    ),
    "Coupon": (
        "0b2fc0701b7115fc8992d28e087ab072b23869165a3e2fef5bd4fb50a5edb8c6",
        "786987188e3844a9b6124945c12778e51d215cca3d1d89abe28b53464d394375",
    ),
    "FundPool": (
        "45c2967201dd43def74aba7e3f2f8352bdc48fe316fa9168915fe5fd65b930eb",
        "9f2094bf88b8ad387f18712924a5bc519fbbb86d7bde69f846b8b904230603af",
    ),
    "GiftBatch": (
        "aa5f2a1fd3487839b8cb11790397d99ac5e856f4c0b4220eb892f485b54e274c",
        "d9c0e60d8c13a9144397a2a609e0c66b1250ebc9ec347fa0333a2841555c3fe8",
    ),
    "GiftOrder": (
        "29c718e768049f568b1c7721406b3bdc8c4d041938f871cb99240a468fb9a12a",
        "e795df51ace6dea40ec9392ce5fca5e1cc9bdfc3dcae23de44281b630055297a",
    ),
    "GiftSubscriptionClaim": (
        "a6f93dbb38148b04ba2f70dee76525487cc0d07636b537dd60ccb983a1bf9c26",
        "be1eb4b45d6bd348e888e86be6836f7fe8a25c2fa2acc5f2433e18ccc1656798",
    ),
    "GiveSubscriptions": (
        "1fc254df6cdcbc5cbf274c6ebd638c7498492067e19811a099c4f6d9f325fb49",
        "17e3368b6875fdf438f33c8f67c66d77ea49d8c3a61989c24597317232fc23a3",
    ),
    "HandleClaim": (
        "20620b2524220b750aff801c4d66ef02a1456fce7752d10d3810fb579ca9d002",
        "b1cd727055ec5449b5658e5f953ee1781636508c7ee214e42fde770c1954739e",
    ),
    "Lock": (
        "d0f0383ecada46f4d00f796fd87ee64178a7d0f54fa9267c93a979ef4f0eac22",
        "4c899e0a9e5299e49c29579bf33eae6faea83d68ec4712225a8256eaf608a976",
    ),
    "LockedVoucher": (
        "8c1f91822c88071a33f0ebfc8c8e6ff308c40495d2c4d6d3e56ab42452d31eab",
        "13deac7aa2ae9dd6dd2374f5c61d39999a8c38a468345663a969225c4683d0ce",
    ),
    "Offer": (
        "90d080034f8678d2e22f4cdb000935425cfbb537343c7cfaf9c40b8d4e231064",
        "9b6a433bcbec9c4823258b308f0a4c5e7f1de8678f6b0610a6380b0a6f674908",
    ),
    "OpenAccount": (
        "0ce98389df75db959f92d4f6bd5c58f930dee6a432c0dd0862887b7ed348c2d5",
        "a409e3434b0639ced8a1e9297f43d0d22651c18e2f93eb0f77bac65801d9384e",
    ),
    "OpenOrder": (
        "6b384fb4c1f60a464c154d921817ba40a44360a8b84528cb84d71ac1d2bf4b86",
        "c4b375d173ddb9bb3f2da07ac19c51bffd2bb4598d6ef5a417b18d0c87450231",
    ),
    "OpenPool": (
        "223e4e863bbd8ead3c92129b034bb4803ce908256ff825779209dd49843eba6d",
        "5359c19a99da08e37bace9cff6d9cc8b9befd0a8077ad14cfc1ae2c730cec3c5",
    ),
    "OpenStream": (
        "d5660d67ea88f6c84443791b2b866a5f950df61a973a6f0e5e6812dcc44f569b",
        "4df8e5629e366d382a0e5c36c393e8b61c5c33442f60380ef6e54e8ea33196a1",
    ),
    "OwedWithdrawal": (
        "be7d07d4ad3ffdc91ffaecda15c15b0686fd0f357866466848e32fb6bb9b8e38",
        "dfea2791cc09b3787365cd26ff48eee420f56c1c757f203416bfdf3c50d42014",
    ),
    "PauseStream": (
        "96a93ff5693efd5318b00734d6024ae7cda63514cff8725d01efbdd05a2beb93",
        "96b97f3a09c9c84651b2eef896a4b579571bb4889d4bc22ee83d5dc221e4b423",
    ),
    "PaymentRequest": (
        "775963e10ebf3a8a0114baef21a3680dd16f0025be4f45eb60bc826c9b3d3613",
        "87863a6d2afe1580ceff51daa3e70b54df70aaa610407a96b30b86f013e20e34",
    ),
    "Permit": (
        "6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9",
        "04064c388a752aa519331c8477cea47c53c1627f379e1d8b6c0deae01de69f96",
    ),
    "Recall": (
        "a162451a4f418f8b7ab07d50ef72184da3b08f58d343edc9f497fb1aac3c06c8",
        "e5fef82f356d6c97cefa5341b270aeca72e306e65872ee3dcd2331902c0837ef",
    ),
    "Receipt": (
        "cefb7fad1238f128f847d3e120fa347dddd98a2135ea02c130a3e30d0a79a36b",
        "9e6e24642ef0e1093edaa9a751c8b087bad416177b4ad8f9d446bfab286e10b9",
    ),
    "ReceiveWithAuthorization": (
        "d099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de8",
        "3e1e3fcdc1e202fb549b8a6a1f8fe4680e8563aab622e275c25a46778d1ea22d",
    ),
    "Redemption": (
        "66b0ef3477d16f4d14ef6fa7ee5da3264a7057315c13952adeca5e97ab201ee9",
        "1dba39df1e09f0b3b81964a54ccd3b15837828e184c07bb672e2ada02d212fba",
    ),
    "Refund": (
        "aa87d62245ccd618853085ac9ebf677f1447e21a37363e926a397065a790a279",
        "348bb6fb771b2c9dbeefbf9e3914835ab99ad1a4f93bbb71b70004e4b2332cb6",
    ),
    "RefundOrder": (
        "44b07bb2fe7751025df90381d74f83c0e57f70b1653d19cb050f2e4f258d792c",
        "a86e6f8ca5dfc5fa1bd208f6f8b131d1c7496f562efa5c2739f8b57180310a77",
    ),
    "RefundTo": (
        "8fe72bde4bad69ae96fa85aa8b7ab81353ee7506be354a3a34b6575ba8b8f431",
        "240d66d9c1b6d6091d3e60b8ec5c9a9f15ec321eb07abf47204b56f8f47c4bc4",
    ),
    "RequestSigner": (
        "37eb82b354c662e5162ac54a5e65f7b6e20aae4f786d9fc81bcfc60d6ff5ea4b",
        "bc854b822e1acc1b019f1f21c074c745ed22d078da73d28911ec1772a17c8cf7",
    ),
    "RequestWithdrawal": (
        "d63f6b5d432eb70eb2a2609f98104b87f45d674e544d98b2feea417ddd3a781d",
        "77c7acc49e8bc13f0861b58db2adb5d5d4f1f45f685d6c889a877d10e1409e04",
    ),
    "Restoration": (
        "270a899766197618be4a5dc3f4a92c00276854aabbe3dad769e0433f6da4e371",
        "dabaea5d24c0f57ce19d01d4f2e47d9d59beab4ba9be6b381748c46568a9c966",
    ),
    "ResumeStream": (
        "36eae4042ddcc30b2e98707fd3adfd083a056060bebc8b83b668372e43e6b68d",
        "177114b1f5f079856624bb78466874ac85ccbb471b0d4af11e6072666d65f9a6",
    ),
    "SetMonthlyCap": (
        "3b0db20483d43dfaadb166123d7ccc4f1f46e46653bc68f6ab8aa89340f42b99",
        "50859bebf688af819cb595f93045af433e75570bc54e9851deda232983fb7ff0",
    ),
    "Subscribe": (
        "661e9341a8566bd1dd0651fe319149a120bb1be2dfe3aa8879e9120b6b21a157",
        "cf1d08507407e4022b02cd251f799011bcdbfbd81ab2bfe27f00395c6ee481b0",
    ),
    "Tip": (
        "92d7ba3179a8bafe8fdcc72b80abf18cc4cf5f19d7b4005ea0eb461af75a5ec8",
        "5d2c24c78641c8666873a1fc2a634c7adc43de9df52e1f80f919aed5a1c2c820",
    ),
    "TipHandle": (
        "a07cb5a475d2d59fdbd2b10db393098cbe1e0a26a080bfbfcba1959f1b3bc537",
        "51e9d601759f4da118f1ccfd9662e0d0eae6800e65c4039c625d23dbefc6786e",
    ),
    "TopUpAccount": (
        "ecfc897a3e1958aa30c9880cf44fde4f75b4fbd64db8871726817c604fb478fb",
        "713edd020174fbcae7f8aed8cfee37c471b77fab852514306b07acc5a9b554e4",
    ),
    "TopUpStream": (
        "03b7d88d347ba86248557ac701d65f5468f59e95f5a27db2edfb9f6c735631f6",
        "803453122d10d76f5c0ffed4c8c931aa48126eb5b171754640a0b4b0f3803852",
    ),
    "Transfer": (
        "c32a7fc2a766aa6ff59e09488790f4161a63e93761085078fdf6ac1515da9ed6",
        "3c973eb2667810ebb4b51c38ad489e2a9c34d9652aa3fc327c6f29cac8b2eb9a",
    ),
    "Unsubscribe": (
        "bd1fda98e242e95cae90bc58c40b989095b61eef5cf4ffd03df572d93b0e3dd4",
        "3f3bc88fe5863697507f6c9702706e5e57b27f81dc0b8b30fe7bf4cb713f749a",
    ),
    "Voucher": (
        "19c38de242e5c1f64bb69cb635b0516646746568ad5df897c2ebd078e18da32b",
        "3292797624f50281acfc6dd13302e85fdc125168b12ee3d49e8adc784ad62179",
    ),
    "Withdraw": (
        "847bde4ed181243870beffe11857d118fae3712ebe091dc123ae5a0cdf70905c",
        "ef78fdfbcc5560e16d482c91dcec4839b9d9faafafe7a1072897e445b1985190",
    ),
}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.__name__)
def test_golden_vectors(message: type[Message]) -> None:
    made = sample(message)
    assert (message.typehash().hex(), made.digest(DOMAIN).hex()) == GOLDEN[message.__name__]


REDEMPTION = Redemption(HOLDER, 1, 2, HOLDER, HOLDER, 3, b"", 4, 5)


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        ({"amount": "1"}, "bad_integer", ["Redemption.amount", "'1'"]),
        ({"amount": True}, "bad_integer", ["Redemption.amount", "True"]),
        ({"amount": 1.0}, "bad_integer", ["Redemption.amount", "1.0"]),
        ({"amount": -1}, "out_of_range", ["Redemption.amount", "-1", "uint96"]),
        ({"amount": 2**96}, "out_of_range", ["Redemption.amount", str(2**96), "uint96"]),
        ({"deadline": 2**40}, "out_of_range", ["Redemption.deadline", "uint40"]),
        ({"holder": "0x12"}, "bad_address", ["Redemption.holder", "0x12"]),
        ({"holder": b"\x00" * 20}, "bad_address", ["Redemption.holder"]),
        (
            {"holder": "0x5FbDB2315678afecb367f032d93F642f64180aA3"},
            "bad_checksum",
            ["Redemption.holder", "EIP-55"],
        ),
        ({"data": "0x00"}, "bad_bytes", ["Redemption.data", "'0x00'"]),
    ],
)
def test_values_are_validated_before_they_are_signed(
    change: dict[str, Any], reason: str, words: list[str]
) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        replace(REDEMPTION, **change).sign(DOMAIN, SECRET)
    assert caught.value.reason == reason
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(
    ("message", "reason", "words"),
    [
        (jar_messages.Tip(HOLDER, 1, 2, b"text", 3, 4), "bad_text", ["Tip.message", "b'text'"]),
        (jar_messages.Tip(HOLDER, 1, 2, "\ud800", 3, 4), "bad_text", ["Tip.message", "UTF-8"]),
        (order_messages.OpenOrder(HOLDER, HOLDER, 1, 2, "no", 3, 4, 5), "bad_bool", ["to_seller", "'no'"]),
        (
            order_messages.OpenOrder(HOLDER, HOLDER, 1, 2, 1, 3, 4, 5),
            "bad_bool",
            ["OpenOrder.to_seller", "1"],
        ),
        (jar_messages.HandleClaim([bytes(32)], HOLDER, 4), "bad_list", ["HandleClaim.tip_ids"]),
        (reward_messages.Choice(bytes(32), 1), "bad_struct", ["Choice.attestation", "Attestation"]),
        (
            reward_messages.Choice(reward_messages.FundPool(HOLDER, bytes(32), 1, 2, 3), 1),
            "bad_struct",
            ["Choice.attestation", "FundPool", "Attestation"],
        ),
        (
            reward_messages.Choice(reward_messages.Attestation(bytes(32), HOLDER, HOLDER, -1, 4, 5), 1),
            "out_of_range",
            ["Attestation.read_id", "-1"],
        ),
        (jar_messages.HandleClaim((bytes(31),), HOLDER, 4), "bad_length", ["HandleClaim.tip_ids", "31"]),
    ],
)
def test_texts_lists_and_structs_are_validated(message: Message, reason: str, words: list[str]) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        message.digest(DOMAIN)
    assert caught.value.reason == reason
    assert all(word in str(caught.value) for word in words)


def test_a_word_has_32_bytes() -> None:
    with pytest.raises(InvalidMessageError, match="31 bytes where bytes32") as caught:
        Claim(bytes(31), HOLDER, bytes(32)).digest(DOMAIN)
    assert caught.value.reason == "bad_length"


@pytest.mark.parametrize(
    "signature", [b"", bytes(64), bytes(66), bytes(65), bytes(64) + b"\x1b", b"\xff" * 64 + b"\x1c"]
)
def test_recover_refuses_what_is_no_signature(signature: bytes) -> None:
    with pytest.raises(InvalidSignatureError) as caught:
        recover(bytes(32), signature)
    assert caught.value.reason == "malformed_signature"


def test_another_chain_and_another_contract_give_another_digest() -> None:
    digests = {
        REDEMPTION.digest(domain)
        for domain in (
            DOMAIN,
            replace(DOMAIN, chain_id=1),
            replace(DOMAIN, verifying_contract=HOLDER),
            replace(DOMAIN, name="Largesse CertificateSales"),
            replace(DOMAIN, version="2"),
        )
    }
    assert len(digests) == 5


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**48 - 1))
def test_voucher_digests_are_those_of_the_message(index: int, amount: int) -> None:
    domain = accounts_domain(31337, "0x" + "11" * 20)
    digests = account_messages.VoucherDigests(domain, "0x" + "22" * 20, "0x" + "33" * 20)
    voucher = account_messages.Voucher("0x" + "22" * 20, "0x" + "33" * 20, index, amount)
    assert digests.of(index, amount) == voucher.digest(domain)
