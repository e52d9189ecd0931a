"""docs/ARCHITECTURE.md shows packed words as the libraries and the contracts read and write them."""

from __future__ import annotations

import re

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.stateful.evm import Chain
from tests.support.stored import GIVER, NOW, Parts
from tools import layouts, packed
from tools.compiler import ROOT, compile_contract
from tools.packed import Bitmap, Field, Row, Word

OTHER = "0x" + "b2" * 20
ID = b"\x07" * 32
SERIES = 3
FIELDS = {
    (word.name, one.name): (word, one) for word in packed.TYPES for one in word.fields if word.name != "Node"
}


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


class Words:
    """`PackedWords.sol` on a chain of its own."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.here = self.chain.deploy(compile_contract("PackedWords", {}, folder="tests/support"))

    def call(self, function: str, *words: int) -> list[int]:
        data = keccak(text=function)[:4] + b"".join(word.to_bytes(32, "big") for word in words)
        receipt = self.chain.send(GIVER, self.here, data)
        assert receipt.succeeded, receipt.output
        return [
            int.from_bytes(receipt.output[at : at + 32], "big") for at in range(0, len(receipt.output), 32)
        ]

    def write(self, word: Word, values: list[int]) -> int:
        return self.call(f"write{word.name}(uint256[{len(values)}])", *values)[0]


@pytest.fixture(scope="module")
def words() -> Words:
    return Words()


@pytest.fixture
def parts() -> Parts:
    return Parts()


def test_the_page_is_what_the_tables_say() -> None:
    between = layouts.PAGE.read_text().split(packed.BEGIN)[1].split(packed.END)[0]
    assert between == packed.render()


def test_each_packed_type_has_a_table() -> None:
    texts = [path.read_text() for path in ROOT.glob("contracts/types/*.sol")]
    types = {name for text in texts for name in re.findall(r"^type (\w+) is uint256;", text, re.MULTILINE)}
    assert {word.name for word in packed.TYPES} == types | {"Node"}


@pytest.mark.parametrize("word", [*packed.TYPES, *packed.STORED, *packed.EXPRESSIONS.values()])
def test_no_bit_is_two_fields(word: Word) -> None:
    used = 0
    for one in word.fields:
        assert not used & one.mask
        used |= one.mask
    assert used < 1 << 256


@pytest.mark.parametrize(("word", "one"), FIELDS.values(), ids=[".".join(name) for name in FIELDS])
def test_a_library_reads_a_field_there_and_nowhere_else(words: Words, word: Word, one: Field) -> None:
    found = words.call(f"read{word.name}(uint256)", one.mask)
    signed = one.name == "accrued"
    assert found == [((1 << 256) - 1 if signed else one.ones) if other == one else 0 for other in word.fields]


@pytest.mark.parametrize("word", packed.TYPES, ids=[word.name for word in packed.TYPES])
def test_a_library_writes_each_field_there(words: Words, word: Word) -> None:
    always = sum(one.mask for one in word.fields if one.name == "EXISTS")
    for one in word.fields:
        values = [one.ones if other == one else 0 for other in word.fields]
        assert words.write(word, values) == one.mask | always, one.name


def test_words_that_contracts_store(parts: Parts) -> None:
    remaining, root = packed.STORED[0].fields
    batch = parts.place("GiftCertificates", "_batches", ("bytes32", ID))
    for word, told in ((remaining.mask, remaining.ones), (root.mask, 0)):
        parts.store("GiftCertificates", batch, word)
        assert parts.act("GiftCertificates", "batchRemaining", ID) == (told,)

    left, given = packed.STORED[3].fields
    gifts = parts.place("StreamingTipEscrow", "_giftBatches", ("bytes32", ID))
    for word, told in ((left.mask, left.ones), (given.mask, 0)):
        parts.store("StreamingTipEscrow", gifts, word)
        assert parts.act("StreamingTipEscrow", "giftsLeft", ID) == (told,)


def test_a_members_word(parts: Parts) -> None:
    until, service = packed.STORED[2].fields
    flags = {one.name: one.mask for one in packed.TYPES[1].fields}
    series = parts.place("GiftCertificates", "_series", ("uint256", SERIES))
    parts.store("GiftCertificates", series, flags["EXISTS"] | flags["NAMED"])
    member = parts.place("GiftCertificates", "_merchantUntil", ("uint256", SERIES), ("address", OTHER))
    for word, told in (
        (until.mask, (until.ones, True, False)),
        (until.mask | service.mask, (until.ones, False, True)),
        (service.mask, (0, False, False)),
    ):
        parts.store("GiftCertificates", member, word)
        views = ("merchantUntil", "isMerchant", "isService")
        found = tuple(parts.act("GiftCertificates", view, SERIES, OTHER)[0] for view in views)
        assert found == told


def test_a_gift_is_one_bit_at_the_hash_of_its_ten_words(parts: Parts) -> None:
    text = (ROOT / "interfaces/ICertificateTypes.sol").read_text()
    struct = re.search(r"struct Gift \{(.*?)\}", text, re.DOTALL)
    assert struct
    kinds = re.findall(r"(\w+) (\w+);", struct[1])
    assert [name for _, name in kinds] == [name for name, _, _ in packed.GIFT]

    fields = {one.name: one for one in packed.TYPES[1].fields}
    expires, limitation = NOW + 1000, NOW + 2000
    word = fields["EXISTS"].mask | expires << fields["expiresAt"].low
    word |= limitation << fields["limitationAt"].low
    parts.store("GiftCertificates", parts.place("GiftCertificates", "_series", ("uint256", SERIES)), word)
    account = parts.place("GiftCertificates", "_accounts", ("uint256", SERIES), ("address", GIVER))
    parts.store("GiftCertificates", account, 500)
    order = (SERIES, 40, OTHER, GIVER, NOW + 10, NOW + 20, ID)
    (gift,) = parts.act("GiftCertificates", "give", order)
    values = (GIVER, OTHER, GIVER, SERIES, 40, NOW + 10, NOW + 20, NOW, limitation, ID)
    assert gift == keccak(encode([kind for kind, _ in kinds], values))
    assert parts.act("GiftCertificates", "isGiftOpen", gift) == (True,)
    slot = parts.place("GiftCertificates", "_gifts", ("bytes32", gift))
    assert parts.chain.evm.storage(parts.at["GiftCertificates"], slot) == packed.STORED[1].fields[0].mask


@pytest.mark.parametrize("bitmap", [one for one in packed.BITMAPS if one.view], ids=lambda one: one.variable)
@pytest.mark.parametrize("number", [1, 255, 256, 517])
def test_a_bit_a_number(parts: Parts, bitmap: Bitmap, number: int) -> None:
    variable = bitmap.variable.split("[")[0]
    layout = parts.layouts[bitmap.contract]
    kind = next(one["type"] for one in layout["storage"] if one["label"] == variable)
    key_type = layout["types"][layout["types"][kind]["key"]]["label"]
    key = {"address": OTHER, "bytes32": ID, "uint256": SERIES}[key_type]
    slot = parts.place(bitmap.contract, variable, (key_type, key), ("uint256", number // 256))
    parts.store(bitmap.contract, slot, 1 << number % 256)
    told = [
        parts.act(bitmap.contract, bitmap.view, key, other)[0]
        for other in (number - 1, number, number + 1, number + 256)
    ]
    assert told == [False, True, False, False]


def test_a_day_with_an_end_has_its_bit(parts: Parts) -> None:
    escrow, most = parts.at["StreamingTipEscrow"], (1 << 96) - 1
    parts.act("TestToken", "mint", GIVER, most)
    parts.act("TestToken", "approve", escrow, most)
    jar = int(OTHER, 16)
    (end,) = parts.act("StreamingTipEscrow", "open", (GIVER, jar, 0), 10**9, 7 * 86_400, (0, 0, False, b""))
    day = end // 86_400
    assert parts.act("StreamingTipEscrow", "endDays", jar, day // 256) == (1 << day % 256,)
    slot = parts.place(
        "StreamingTipEscrow", "_jars", ("uint256", jar), ("uint256", day // 256), member="endDays"
    )
    assert parts.chain.evm.storage(escrow, slot) == 1 << day % 256


def test_statuses(parts: Parts) -> None:
    for contract, names in packed.STATUSES.items():
        text = (ROOT / f"interfaces/I{contract}.sol").read_text()
        declared = re.search(r"enum Status \{(.*?)\}", text, re.DOTALL)
        assert declared
        assert tuple(re.findall(r"^\s*(\w+),?(?: //.*)?$", declared[1], re.MULTILINE)) == names
    for status in range(len(packed.STATUSES["CertificateMarket"])):
        for nonce in (0, 127, 128, 300):
            slot = parts.place(
                "CertificateMarket", "_statuses", ("address", OTHER), ("uint256", nonce // 128)
            )
            parts.store("CertificateMarket", slot, status << 2 * (nonce % 128))
            assert parts.act("CertificateMarket", "status", OTHER, nonce)[0] == status
            assert parts.act("CertificateMarket", "status", OTHER, nonce ^ 1)[0] == 0
        parts.store("AtomicSwaps", parts.place("AtomicSwaps", "_status", ("bytes32", ID)), status)
        assert parts.act("AtomicSwaps", "status", ID) == (status,)


@pytest.mark.parametrize(("path", "word"), packed.EXPRESSIONS.items())
def test_a_word_is_written_as_its_source_writes_it(path: str, word: Word) -> None:
    source = re.sub(r"\buint(?:256|160)\b|[()]", "", (ROOT / path).read_text())
    fields = sorted(word.fields, key=lambda one: one.low, reverse=True)
    terms = [f"{one.source} << {one.low}" if one.low else one.source for one in fields]
    assert f"{' | '.join(terms)};" in source


@pytest.mark.parametrize("row", packed.ROWS, ids=[f"{row.name}.{row.constant}" for row in packed.ROWS])
def test_a_row_has_as_many_bytes(row: Row) -> None:
    source = (ROOT / row.file).read_text()
    stated = re.search(rf"constant {row.constant} = (\d+);", source)
    assert stated
    assert sum(size for _, size, _ in row.members) == int(stated[1])


@pytest.mark.parametrize(
    ("row", "places"),
    [
        (packed.ROWS[1], r"calldataload\((?:add\()?place(?:, (\d+)\))?\)"),
        (packed.ROWS[4], r"mstore\((?:add\()?place(?:, (\d+)\))?,"),
    ],
    ids=["vouchers", "reads"],
)
def test_members_of_a_row_are_where_its_source_has_them(row: Row, places: str) -> None:
    source = (ROOT / row.file).read_text()
    begins = {sum(size for _, size, _ in row.members[:at]) for at in range(len(row.members))}
    assert {int(found or 0) for found in re.findall(places, source)} == begins
