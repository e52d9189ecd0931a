// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice How much of what a holder has spent of a series counts, in one storage slot: `closed 128 | returnable 128`. Amounts
/// in base units of the currency, both parts of `spent`, which has 96 bits.
/// `returnable` lies with services that can hand it back, and is not used. `closed` is what was used when a rest was last
/// paid out: it is used for good, or what is taken back and used again would open the same right once more.
type Use is uint256;

using {returnable, closed, place, take, close} for Use global;

function returnable(Use self) pure returns (uint256) {
    return uint128(Use.unwrap(self));
}

function closed(Use self) pure returns (uint256) {
    return Use.unwrap(self) >> 128;
}

function place(Use self, uint256 amount) pure returns (Use) {
    unchecked {
        return Use.wrap(Use.unwrap(self) + amount);
    }
}

/// @dev The caller has checked that `amount` is placed.
function take(Use self, uint256 amount) pure returns (Use) {
    unchecked {
        return Use.wrap(Use.unwrap(self) - amount);
    }
}

/// @dev All of `spent` but what can be handed back is used for good.
function close(Use self, uint256 spent) pure returns (Use) {
    unchecked {
        return Use.wrap(((spent - returnable(self)) << 128) | returnable(self));
    }
}
