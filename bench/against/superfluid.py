"""Superfluid, deployed by the framework deployer of its own package: flows of a wrapped currency."""

from __future__ import annotations

from typing import Any, Final

from web3 import Web3
from web3.logs import DISCARD

from bench.against.lab import DAY, Lab
from largesse.eip712 import keccak

FOLDER: Final = "@superfluid-finance/ethereum-contracts/"
BUILT: Final = f"{FOLDER}build/hardhat/contracts/"
REGISTRY: Final = Web3.to_checksum_address("0x1820a4b7618bde71dce8cdc73aab6c95905fad24")
"""Where ERC-1820 says that its registry is, on every chain."""
RATE: Final = 100 * 10**12
"""100 base units a second in the 18 decimals of a wrapped currency."""
TIPPERS: Final = (1, 10, 100)


class Superfluid:
    """The framework on the lab's chain, and the lab's currency wrapped."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._made: dict[str, str] = {}
        creation = lab.artifact(f"{FOLDER}dev-scripts/artifacts/ERC1820Registry.json")["bin"]
        registry = lab.create([], "0x" + creation)
        code = lab.web3.eth.get_code(registry.address).to_0x_hex()
        lab.node.develop("anvil_setCode", [REGISTRY, code])
        path = "utils/SuperfluidFrameworkDeployer.t.sol/SuperfluidFrameworkDeployer.json"
        deployer = lab.contract(self._place(path), lab.artifact(BUILT + path)["abi"])
        for step in range(deployer.functions.getNumSteps().call()):
            lab.send(deployer.functions.executeStep(step), lab.deployer)
        parts = deployer.functions.getFramework().call()
        self.forwarder = self._at(parts[9], "utils/CFAv1Forwarder.sol/CFAv1Forwarder.json")
        factory = self._at(parts[5], "superfluid/SuperTokenFactory.sol/SuperTokenFactory.json")
        make = factory.get_function_by_signature("createERC20Wrapper(address,uint8,uint8,string,string)")
        receipt = lab.send(make(lab.token.address, 6, 1, "Wrapped", "TUSDx"), lab.deployer)
        (made,) = factory.events.SuperTokenCreated().process_receipt(receipt, errors=DISCARD)
        self.token = self._at(made["args"]["token"], "superfluid/SuperToken.sol/SuperToken.json")

    def _place(self, path: str) -> str:
        """The address of a contract that has no constructor, its libraries placed before it. Its code is put
        there by the node: that of most is larger than a chain takes, since it creates what they deploy."""
        if path not in self._made:
            artifact = self.lab.artifact(BUILT + path)
            code = artifact["deployedBytecode"][2:]
            for file, names in artifact["deployedLinkReferences"].items():
                for name, places in names.items():
                    library = self._place(f"{file.removeprefix('contracts/')}/{name}.json")
                    for start in (2 * place["start"] for place in places):
                        code = code[:start] + library[2:].lower() + code[start + 40 :]
            address = Web3.to_checksum_address(keccak(path.encode())[12:])
            if code.startswith("73" + 40 * "0"):  # a library knows its own address
                code = "73" + address[2:].lower() + code[42:]
            self.lab.node.develop("anvil_setCode", [address, "0x" + code])
            self._made[path] = address
        return self._made[path]

    def _at(self, address: str, path: str) -> Any:
        return self.lab.contract(address, self.lab.artifact(BUILT + path)["abi"])

    def open(self, sender: str, payee: str) -> int:
        """Gas of a flow."""
        return self.lab.gas(
            self.forwarder.functions.createFlow(self.token.address, sender, payee, RATE, b""), sender
        )


def superfluid(lab: Lab) -> tuple[dict[str, int], dict[int, int]]:
    """Open and fund (wrap, flow), top up (wrap more), change the rate, cancel (end, unwrap); then the gas of
    unwrapping what has flowed, by the number of tippers."""
    made, found = Superfluid(lab), {}
    payer, payee = lab.fund("holder", made.token.address), lab.person("merchant").address
    act, flows, money = made.token.functions, made.forwarder.functions, 100 * 10 * DAY * 10**12
    lab.send(lab.token.functions.mint(made.token.address, 1), lab.deployer)
    lab.send(act.upgrade(2_000 * money), payer)
    made.open(payer, lab.person("creator").address)  # the payer has a flow before
    lab.at(lab.time + 100)
    wrapped = lab.gas(act.upgrade(money), payer)
    found["jars.open"] = wrapped + made.open(payer, payee)
    lab.at(lab.time + 100)
    found["jars.top_up"] = lab.gas(act.upgrade(money), payer)
    lab.at(lab.time + 100)
    half = flows.updateFlow(made.token.address, payer, payee, RATE // 2, b"")
    found["jars.change_rate"] = lab.gas(half, payer)
    lab.at(lab.time + 100)
    ended = lab.gas(flows.deleteFlow(made.token.address, payer, payee, b""), payer)
    found["jars.cancel"] = ended + lab.gas(act.downgrade(money), payer)
    return found, {
        count: _collect(lab, made, payer, name, count)
        for count, name in zip(TIPPERS, ("merchant", "recipient", "stranger"), strict=True)
    }


def _collect(lab: Lab, made: Superfluid, payer: str, name: str, count: int) -> int:
    """Gas of unwrapping what so many people's flows have brought; it was done once before."""
    payee, act = lab.person(name).address, made.token.functions
    lab.send(lab.token.functions.mint(payee, 1), lab.deployer)
    for i in range(count):
        tipper = Web3.to_checksum_address(keccak(f"{name} {i}".encode())[12:])
        lab.node.develop("anvil_impersonateAccount", [tipper])
        lab.node.develop("anvil_setBalance", [tipper, hex(10**18)])
        lab.send(act.transfer(tipper, 100 * DAY * 10**12), payer)
        made.open(tipper, payee)
    gas = 0
    for _ in range(2):
        lab.at(lab.time + 600)
        lab.send(lab.token.functions.mint(payer, 1), lab.deployer)
        amount = 500 * count * RATE
        before = lab.token.functions.balanceOf(payee).call()
        gas = lab.gas(act.downgrade(amount), payee)
        if lab.token.functions.balanceOf(payee).call() - before != amount // 10**12:
            raise RuntimeError(f"what {count} flows brought was not paid")
    return gas
