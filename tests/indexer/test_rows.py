"""What is written of an event is what is read of it: every event of every contract, against eth_abi."""

from __future__ import annotations

import random
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple
from hexbytes import HexBytes

from largesse.artifacts import certificates_abi, jars_abi
from largesse.chainlogs import Decoder
from largesse.eip712 import keccak
from largesse.indexer.contracts import CURRENCY, FACTORY, IndexerError, abi_of
from largesse.indexer.rows import Codec
from largesse.parts import CERTIFICATES, PARTS

NAMES = [FACTORY, CURRENCY, CERTIFICATES, *(part.name for part in PARTS)]


def value(kind: str, rng: random.Random) -> Any:
    if kind.endswith("[]"):
        return [value(kind[:-2], rng) for _ in range(rng.randrange(4))]
    if kind.startswith("("):
        return tuple(value(one, rng) for one in kind[1:-1].split(","))
    if kind == "address":
        return "0x" + rng.randbytes(20).hex()
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "string":
        return rng.choice(["", "x", "고맙습니다", '"\0\\', "🎁" * 20])
    if kind == "bytes":
        return rng.randbytes(rng.choice([0, 1, 31, 32, 33, 200]))
    if kind.startswith("bytes"):
        return rng.randbytes(int(kind[5:]))
    bits = int(kind.removeprefix("u").removeprefix("int"))
    low, high = (0, 2**bits - 1) if kind[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return rng.choice([low, high, rng.randint(low, high)])


def log_of(item: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    parts = [(collapse_if_tuple(one), one["indexed"]) for one in item["inputs"]]
    signature = f"{item['name']}({','.join(kind for kind, _ in parts)})"
    topics = [keccak(signature.encode())]
    topics += [encode([kind], [value(kind, rng)]) for kind, is_indexed in parts if is_indexed]
    plain = [kind for kind, is_indexed in parts if not is_indexed]
    data = encode(plain, [value(kind, rng) for kind in plain])
    return {
        "address": "0x" + "11" * 20,
        "blockNumber": "0x7",
        "logIndex": "0x1",
        "transactionHash": "0x" + "22" * 32,
        "topics": ["0x" + one.hex() for one in topics],
        "data": "0x" + data.hex(),
    }


def as_web3(log: dict[str, Any]) -> Any:
    """The log as web3.py gives it."""
    return {
        "blockNumber": 7,
        "logIndex": 1,
        "transactionHash": HexBytes(log["transactionHash"]),
        "topics": [HexBytes(one) for one in log["topics"]],
        "data": HexBytes(log["data"]),
    }


@pytest.mark.parametrize("part", NAMES)
def test_every_event_comes_back_as_it_was(part: str) -> None:
    rng, codec, decoder = random.Random(part), Codec(abi_of(part)), Decoder(abi_of(part))
    events = [item for item in abi_of(part) if item["type"] == "event"]
    assert events
    for item in events:
        for _ in range(8):
            log = log_of(item, rng)
            name, arguments = codec.encode(log)
            expected = decoder.decode(as_web3(log))
            assert name == expected.name
            values = codec.decode(name, arguments)
            assert values == expected.values
            assert list(values) == list(expected.values)
            assert arguments.isascii()


def test_no_code_behind_a_contract_has_events_of_its_own() -> None:
    for part, whole in ((CERTIFICATES, certificates_abi()), ("jars", jars_abi())):
        names = {item["name"] for item in whole if item["type"] == "event"}
        assert names == {item["name"] for item in abi_of(part) if item["type"] == "event"}


@pytest.mark.parametrize("change", ["topic", "fewer topics", "no topics", "short", "offset"])
def test_what_no_contract_wrote_is_named(change: str) -> None:
    items = {item["name"]: item for item in abi_of("jars") if item["type"] == "event"}
    log = log_of(items["StreamOpened" if change == "short" else "Tipped"], random.Random(1))
    if change == "topic":
        log["topics"][0] = "0x" + "00" * 32
    elif change == "fewer topics":
        del log["topics"][-1]
    elif change == "no topics":
        log["topics"] = []
    elif change == "short":
        log["data"] = log["data"][:-64]
    else:
        log["data"] = "0x" + "ff" * (len(log["data"]) // 2 - 1)
    with pytest.raises(IndexerError) as error:
        Codec(abi_of("jars")).encode(log)
    assert error.value.reason == "unreadable_event"
    assert "block 7, log 1" in str(error.value)
