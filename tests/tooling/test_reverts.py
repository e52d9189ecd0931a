"""`reverts` sees the error and its values, and fails on anything else.

The contract here reverts with its own calldata, so that a test can have any error, from a transaction (its
data is the revert data) or from a call (a function named and typed like the error has the error's selector).
"""

from collections.abc import Callable
from typing import Any

import pytest
from brownie import Contract, accounts, web3
from brownie.exceptions import VirtualMachineError
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support import errors
from tests.support.errors import register, reverts, reverts_without_data

# calldatacopy(0, 0, calldatasize) revert(0, calldatasize)
ECHO = "363d3d37363dfd"
# the same, put into memory and returned: its 7 bytes end at 32
DEPLOY_ECHO = f"66{ECHO}5f5260076019f3"
WHO = "0x1111111111111111111111111111111111111111"

ERRORS = {
    "Echo_Nothing": [],
    "Echo_Plain": ["uint256", "int256", "address", "bool", "bytes4", "bytes", "string"],
    "Echo_Nested": ["(uint96,address)", "uint256[]", "(bytes32,(bool,string)[])[2]"],
    "Echo_Small": ["uint8"],
}
PLAIN = (300, -7, WHO, True, b"\x01\x02\x03\x04", b"\xff\x00", "세뱃돈")
NESTED = ((5, WHO), [1, 2], [(b"\x07" * 32, [(True, "a")]), (b"\x08" * 32, [])])


def parameter(kind: str) -> dict[str, Any]:
    if not kind.startswith("("):
        return {"name": "", "type": kind}
    inner, _, suffix = kind[1:].rpartition(")")
    parts = errors._split(inner)
    return {"name": "", "type": f"tuple{suffix}", "components": [parameter(part) for part in parts]}


def abi(kind: str) -> list[dict[str, Any]]:
    extra = {"stateMutability": "view", "outputs": []} if kind == "function" else {}
    return [
        {"type": kind, "name": name, "inputs": [parameter(t) for t in types], **extra}
        for name, types in ERRORS.items()
    ]


def data_of(name: str, types: list[str], *values: Any) -> bytes:
    return keccak(text=f"{name}({','.join(types)})")[:4] + encode(types, values)


@pytest.fixture(scope="module")
def echo() -> Any:
    register(abi("error"))
    receipt = accounts[0].transfer(data=DEPLOY_ECHO)
    assert web3.eth.get_code(receipt.contract_address).hex().removeprefix("0x") == ECHO
    return Contract.from_abi("Echo", receipt.contract_address, abi("function"), persist=False)


@pytest.fixture(params=["transaction", "call", "web3 call", "web3 transaction"])
def fail(request: pytest.FixtureRequest, echo: Any) -> Callable[..., None]:
    """Reverts with an error of ERRORS, in each of the ways that tests and programs make things revert."""

    def send(name: str, *values: Any) -> None:
        data = data_of(name, ERRORS[name], *values)
        message = {"from": accounts[1].address, "to": echo.address, "data": data, "gas": 1_000_000}
        if request.param == "transaction":
            accounts[1].transfer(echo, data=data.hex())
        elif request.param == "call":
            getattr(echo, name)(*values)
        elif request.param == "web3 call":
            web3.eth.call(message)
        else:
            web3.eth.estimate_gas({k: v for k, v in message.items() if k != "gas"})

    return send


def test_sees_error_and_values(fail: Callable[..., None]) -> None:
    with reverts("Echo_Nothing") as caught:
        fail("Echo_Nothing")
    assert (caught.name, caught.values, len(caught.data)) == ("Echo_Nothing", (), 4)
    with reverts("Echo_Plain", *PLAIN) as caught:
        fail("Echo_Plain", *PLAIN)
    assert caught.values[0] == 300
    with reverts("Echo_Nested", *NESTED):
        fail("Echo_Nested", *NESTED)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, 301), (0, "300"), (0, 300.0), (1, 7), (2, "0x" + "22" * 20), (2, int(WHO, 16)), (3, False),
        (3, 1), (4, b"\x01\x02\x03\x05"), (4, "01020304"), (5, b"\xff"), (5, "0xff"), (6, "새뱃돈"),
        (6, b"x"),
    ],
)  # fmt: skip
def test_refuses_another_value(fail: Callable[..., None], place: int, value: Any) -> None:
    wanted = [*PLAIN[:place], value, *PLAIN[place + 1 :]]
    with pytest.raises(AssertionError, match=rf"value {place} \({ERRORS['Echo_Plain'][place]}\) is .*, not "):
        with reverts("Echo_Plain", *wanted):
            fail("Echo_Plain", *PLAIN)


@pytest.mark.parametrize(
    "wanted",
    [
        ((6, WHO), *NESTED[1:]),
        ((5,), *NESTED[1:]),
        (NESTED[0], [1, 2, 3], NESTED[2]),
        (NESTED[0], [1, True], NESTED[2]),
        (*NESTED[:2], [(b"\x07" * 32, [(True, "b")]), (b"\x08" * 32, [])]),
        (*NESTED[:2], [(b"\x07" * 32, [(True, "a")]), (b"\x08" * 32, [(False, "")])]),
        (*NESTED[:2], "not a list"),
    ],
)
def test_refuses_another_value_inside_structs_and_arrays(echo: Any, wanted: tuple[Any, ...]) -> None:
    with pytest.raises(AssertionError, match=r"value \d \(.*\) is "), reverts("Echo_Nested", *wanted):
        echo.Echo_Nested(*NESTED)


def test_accepts_addresses_and_bytes_in_their_usual_forms(echo: Any) -> None:
    owner = accounts[3]
    for who in (owner, owner.address, owner.address.lower(), owner.address.upper().replace("0X", "0x")):
        with reverts("Echo_Plain", 1, 1, who, False, "0x01020304", "0x", ""):
            echo.Echo_Plain(1, 1, owner, False, b"\x01\x02\x03\x04", b"", "")
    with reverts("Echo_Plain", 1, 1, echo, False, "0x01020304", "0x", ""):
        echo.Echo_Plain(1, 1, echo, False, b"\x01\x02\x03\x04", b"", "")


def test_refuses_another_number_of_values(echo: Any) -> None:
    with pytest.raises(AssertionError, match="1 values, not 0"), reverts("Echo_Small"):
        echo.Echo_Small(1)
    with pytest.raises(AssertionError, match="0 values, not 1"), reverts("Echo_Nothing", 1):
        echo.Echo_Nothing()


def test_refuses_another_error(fail: Callable[..., None]) -> None:
    with pytest.raises(AssertionError, match=r"reverted with Echo_Small\(1\), expected Echo_Nothing\(\)"):
        with reverts("Echo_Nothing"):
            fail("Echo_Small", 1)


def test_refuses_success() -> None:
    with pytest.raises(AssertionError, match="nothing reverted, expected Echo_Nothing"):
        with reverts("Echo_Nothing"):
            accounts[0].transfer(accounts[1], 1)
    with pytest.raises(AssertionError, match="nothing reverted, expected a revert without data"):
        with reverts_without_data():
            accounts[0].transfer(accounts[1], 1)


def test_lets_other_exceptions_through() -> None:
    with pytest.raises(ZeroDivisionError), reverts("Echo_Nothing"):
        _ = 1 // 0
    with pytest.raises(ValueError, match="not a revert"), reverts("Echo_Nothing"):
        raise ValueError("not a revert")


def test_knows_only_errors_that_some_contract_declares(echo: Any) -> None:
    with pytest.raises(LookupError, match="declares an error 'Echo_Nothin'"), reverts("Echo_Nothin"):
        echo.Echo_Nothing()


def test_names_the_data_of_an_error_that_nobody_declares(echo: Any) -> None:
    with pytest.raises(AssertionError, match="reverted with unknown 0xdeadbeef"), reverts("Echo_Nothing"):
        accounts[1].transfer(echo, data="0xdeadbeef")


def test_sees_solidity_messages_and_panics(echo: Any) -> None:
    with reverts("Error", "plain words"):
        accounts[1].transfer(echo, data=data_of("Error", ["string"], "plain words").hex())
    with reverts("Panic", 0x11):
        accounts[1].transfer(echo, data=data_of("Panic", ["uint256"], 0x11).hex())


def test_sees_why_a_deployment_failed() -> None:
    # initcode: the four bytes of Echo_Nothing, from memory
    selector = data_of("Echo_Nothing", []).hex()
    with reverts("Echo_Nothing"):
        accounts[0].transfer(data=f"63{selector}5f526004601cfd")


def test_without_data(echo: Any) -> None:
    with reverts_without_data():
        accounts[1].transfer(echo)
    with pytest.raises(AssertionError, match=r"reverted with Echo_Small\(9\), expected a revert without"):
        with reverts_without_data():
            echo.Echo_Small(9)


@pytest.mark.parametrize("code", ["fe", "5b5f56"], ids=["invalid opcode", "out of gas"])
def test_burning_all_gas_is_no_revert(code: str) -> None:
    with pytest.raises(AssertionError, match="expected a revert without data"):
        with reverts_without_data():
            accounts[1].transfer(data=code, gas_limit=100_000)


def test_a_revert_that_nobody_expects_says_where_it_came_from(project: Any) -> None:
    """Only an expected one is spared the trace of its steps."""
    token = project.BlacklistToken.deploy("T", "T", 6, {"from": accounts[0]})
    with reverts("ERC20InsufficientBalance", accounts[0], 0, 1):
        token.transfer(accounts[1], 1, {"from": accounts[0]})
    with pytest.raises(VirtualMachineError, match=r"(?s)ERC20InsufficientBalance.*ERC20\.sol.*, line"):
        token.transfer(accounts[1], 1, {"from": accounts[0]})
