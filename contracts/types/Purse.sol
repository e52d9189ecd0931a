// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice One slot for each payee of a pool: `day 32 | spent 96 | credit 96`. `credit` was not collected yet; `spent` is what
/// its own reads cost the pool on `day`, the day of its last read or credit. A purse that was used never reads 0 again: a payee
/// who collects and comes back pays for no new slot.
type Purse is uint256;

using {credit, spentOn, credited, collected} for Purse global;

function credit(Purse self) pure returns (uint256) {
    return uint96(Purse.unwrap(self));
}

function spentOn(Purse self, uint256 day) pure returns (uint256) {
    return Purse.unwrap(self) >> 192 == day ? uint96(Purse.unwrap(self) >> 96) : 0;
}

/// @dev The caller has checked that neither sum has more than 96 bits.
/// @param share more credit
/// @param cost of a read of the payee's own, on `day`
function credited(Purse self, uint256 share, uint256 cost, uint256 day) pure returns (Purse) {
    unchecked {
        return Purse.wrap((day << 192) | ((spentOn(self, day) + cost) << 96) | (credit(self) + share));
    }
}

function collected(Purse self) pure returns (Purse) {
    return Purse.wrap(Purse.unwrap(self) & ~uint256(type(uint96).max));
}
