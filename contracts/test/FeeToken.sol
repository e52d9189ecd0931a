// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MintableToken} from "./MintableToken.sol";

/// @title FeeToken
/// @notice Odd: less arrives than was sent once the fee is on; the token keeps the difference.
/// @dev The fee is rounded up, so even one base unit loses something.
contract FeeToken is MintableToken {
    error FeeToken_FeeTooHigh(uint256 feeBps);

    uint256 public feeBps;

    constructor(string memory name_, string memory symbol_, uint8 decimals_)
        MintableToken(name_, symbol_, decimals_)
    {}

    /// @notice Sets the fee; 0 turns it off.
    /// @param feeBps_ Basis points of the amount sent, at most 10,000.
    function setFeeBps(uint256 feeBps_) external {
        require(feeBps_ <= 10_000, FeeToken_FeeTooHigh(feeBps_));
        feeBps = feeBps_;
    }

    function _update(address from, address to, uint256 value) internal override {
        uint256 fee = from == address(0) || to == address(0) ? 0 : (value * feeBps + 9_999) / 10_000;
        super._update(from, to, value - fee);
        if (fee != 0) super._update(from, address(this), fee);
    }
}
