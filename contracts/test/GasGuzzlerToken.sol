// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {MintableToken} from "./MintableToken.sol";

/// @title GasGuzzlerToken
/// @notice Odd: switched on, a transfer (or reading a balance) burns all the gas it was given and reverts with no data.
contract GasGuzzlerToken is MintableToken {
    bool public burnsOnTransfer;
    bool public burnsOnBalance;

    constructor(string memory name_, string memory symbol_, uint8 decimals_)
        MintableToken(name_, symbol_, decimals_)
    {}

    /// @notice Chooses what burns.
    function setBurns(bool onTransfer, bool onBalance) external {
        burnsOnTransfer = onTransfer;
        burnsOnBalance = onBalance;
    }

    /// @inheritdoc ERC20
    function balanceOf(address account) public view override returns (uint256) {
        if (burnsOnBalance) _burnAllGas();
        return super.balanceOf(account);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (burnsOnTransfer && from != address(0)) _burnAllGas();
        super._update(from, to, value);
    }

    function _burnAllGas() private pure {
        assembly ("memory-safe") {
            invalid()
        }
    }
}
