// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Pausable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Pausable.sol";
import {MintableToken} from "./MintableToken.sol";

/// @title PausableToken
/// @notice Odd: while paused nothing moves and nothing is minted; anybody may pause and unpause it.
contract PausableToken is MintableToken, ERC20Pausable {
    constructor(string memory name_, string memory symbol_, uint8 decimals_)
        MintableToken(name_, symbol_, decimals_)
    {}

    /// @notice Stops every transfer.
    function pause() external {
        _pause();
    }

    /// @notice Lets transfers go on.
    function unpause() external {
        _unpause();
    }

    /// @inheritdoc ERC20
    function decimals() public view override(ERC20, MintableToken) returns (uint8) {
        return super.decimals();
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Pausable) {
        super._update(from, to, value);
    }
}
