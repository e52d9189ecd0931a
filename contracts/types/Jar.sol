// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a creator earns, in one storage slot (most significant first): `accrued 144 (signed) | day 24 | rate 88`.
/// `rate` is the sum over all streams that have not ended before `day`, the cursor; `accrued` is what is due at the start of
/// that day, counted as if all of them had been running then. Scaled units.
type Jar is uint256;

using {rate, day, accrued} for Jar global;

uint256 constant MAX_JAR_RATE = type(uint88).max;
/// @dev Nobody can give a jar more than this; what streams add of their own is below 2⁸⁸ × 2⁴¹ seconds either way, so that
/// 144 signed bits hold both.
int256 constant MAX_ACCRUED = 1 << 142;

function newJar(uint256 rate_, uint256 day_, int256 accrued_) pure returns (Jar) {
    unchecked {
        return Jar.wrap((uint256(accrued_) << 112) | (day_ << 88) | rate_);
    }
}

function rate(Jar self) pure returns (uint256) {
    return uint88(Jar.unwrap(self));
}

function day(Jar self) pure returns (uint256) {
    return uint24(Jar.unwrap(self) >> 88);
}

function accrued(Jar self) pure returns (int256) {
    return int256(Jar.unwrap(self)) >> 112;
}
