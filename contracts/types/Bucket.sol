// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What ends in a jar on one day, in one storage slot: `moment 168 | rate 88`. `moment` is the sum of rate × second of
/// the day at which each ends, and of dust that comes with that day. Scaled units.
type Bucket is uint256;

using {rate, moment, isEmpty, add, subtract} for Bucket global;

function rate(Bucket self) pure returns (uint256) {
    return uint88(Bucket.unwrap(self));
}

function moment(Bucket self) pure returns (uint256) {
    return Bucket.unwrap(self) >> 88;
}

function isEmpty(Bucket self) pure returns (bool) {
    return Bucket.unwrap(self) == 0;
}

/// @dev Cannot carry: the rates are parts of the jar's 88 bits, and a moment is below 2⁸⁸ × 2¹⁷ beside dust, which is money.
function add(Bucket self, uint256 rate_, uint256 moment_) pure returns (Bucket) {
    unchecked {
        return Bucket.wrap(Bucket.unwrap(self) + (moment_ << 88) + rate_);
    }
}

/// @dev Of what was added before.
function subtract(Bucket self, uint256 rate_, uint256 moment_) pure returns (Bucket) {
    unchecked {
        return Bucket.wrap(Bucket.unwrap(self) - (moment_ << 88) - rate_);
    }
}
