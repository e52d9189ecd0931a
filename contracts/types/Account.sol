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
