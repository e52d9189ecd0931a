// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What streams bring that start and end on one day, in one storage slot: `sum 232 | day 24`. Due when that day is
/// over. Scaled units.
type Lump is uint256;

using {sum, day} for Lump global;

/// @dev The sum is money of the currency: far below 232 bits, and checked where it grows.
function newLump(uint256 day_, uint256 sum_) pure returns (Lump) {
    return Lump.wrap((sum_ << 24) | day_);
}

function sum(Lump self) pure returns (uint256) {
    return Lump.unwrap(self) >> 24;
}

function day(Lump self) pure returns (uint256) {
    return uint24(Lump.unwrap(self));
}
