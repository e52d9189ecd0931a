// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What one holder has in one series, in one storage slot:
/// `nonce 64 | spent 96 | balance 96` (most significant first). Amounts in base units of the currency.
type Account is uint256;

using {balance, spent, nonce, credit, debit, spend, unspend, withNonce} for Account global;

uint256 constant MAX_AMOUNT = type(uint96).max;

function balance(Account self) pure returns (uint256) {
    return uint96(Account.unwrap(self));
}

function spent(Account self) pure returns (uint256) {
    return uint96(Account.unwrap(self) >> 96);
}

/// @dev Watermark: an authorisation must carry a higher nonce.
function nonce(Account self) pure returns (uint256) {
    return Account.unwrap(self) >> 192;
}

/// @dev Cannot carry into `spent`: every balance is a part of the series' outstanding sum, whose growth is checked
/// against 96 bits where face is created.
function credit(Account self, uint256 amount) pure returns (Account) {
    unchecked {
        return Account.wrap(Account.unwrap(self) + amount);
    }
}

/// @dev The caller has checked `amount <= balance`.
function debit(Account self, uint256 amount) pure returns (Account) {
    unchecked {
        return Account.wrap(Account.unwrap(self) - amount);
    }
}

/// @dev Moves `amount` from balance to spent. The caller has checked `amount <= balance` and that `spent` has room.
function spend(Account self, uint256 amount) pure returns (Account) {
    unchecked {
        return Account.wrap(Account.unwrap(self) - amount + (amount << 96));
    }
}

/// @dev The inverse of `spend`, except that `spent` stops at zero.
function unspend(Account self, uint256 amount) pure returns (Account) {
    uint256 less = amount < spent(self) ? amount : spent(self);
    unchecked {
        return Account.wrap(Account.unwrap(self) + amount - (less << 96));
    }
}

function withNonce(Account self, uint256 newNonce) pure returns (Account) {
    return Account.wrap((Account.unwrap(self) & type(uint192).max) | (newNonce << 192));
}

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
function close(Use self, uint256 spent_) pure returns (Use) {
    unchecked {
        return Use.wrap(((spent_ - returnable(self)) << 128) | returnable(self));
    }
}
