// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MintableToken} from "./MintableToken.sol";

/// @title SenderFeeToken
/// @notice Odd: once the fee is on, the full amount arrives but the sender is debited more than that.
/// @dev The fee goes to the token itself and is rounded up. An allowance pays for the amount only, never for the fee.
contract SenderFeeToken is MintableToken {
    uint256 public feeBps;

    constructor(string memory name_, string memory symbol_, uint8 decimals_)
        MintableToken(name_, symbol_, decimals_)
    {}

    /// @notice Sets the fee; 0 turns it off.
    /// @param feeBps_ Basis points of the amount sent, debited on top of it.
    function setFeeBps(uint256 feeBps_) external {
        feeBps = feeBps_;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from == address(0) || to == address(0)) return;
        uint256 fee = (value * feeBps + 9_999) / 10_000;
        if (fee != 0) super._update(from, address(this), fee);
    }
}
