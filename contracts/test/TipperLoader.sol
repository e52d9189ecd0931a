// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICustodyTypes} from "../../interfaces/ICustodyTypes.sol";
import {IJarTypes} from "../../interfaces/IJarTypes.sol";
import {IStreamingTips} from "../../interfaces/IStreamingTips.sol";
import {MintableToken} from "./MintableToken.sol";

/// @notice Somebody who does one thing, and leaves no code behind: opens a stream of its own money.
contract Tipper {
    constructor(IStreamingTips escrow, MintableToken token, uint256 jarId, uint80 rate, uint96 amount) {
        token.mint(address(this), amount);
        token.approve(address(escrow), amount);
        escrow.open(
            IJarTypes.StreamKey(address(this), jarId, 0), rate, amount, ICustodyTypes.Consent(0, 0, false, "")
        );
        assembly ("memory-safe") {
            return(0, 0)
        }
    }
}

/// @title TipperLoader
/// @notice Fills jars: hundreds of tippers in one transaction, each an account of its own with one stream.
contract TipperLoader {
    IStreamingTips public immutable escrow;
    MintableToken public immutable token;
    uint256 public immutable scale;

    /// @param scale_ the escrow's scaled units in one base unit
    constructor(IStreamingTips escrow_, MintableToken token_, uint256 scale_) {
        (escrow, token, scale) = (escrow_, token_, scale_);
    }

    /// @notice Opens `count` streams of one base unit a second each; number `i` lasts `firstSeconds + i × stepSeconds`.
    function load(uint256 jarId, uint256 count, uint256 firstSeconds, uint256 stepSeconds) external {
        for (uint256 i = 0; i < count; ++i) {
            new Tipper(escrow, token, jarId, uint80(scale), uint96(firstSeconds + i * stepSeconds));
        }
    }
}
