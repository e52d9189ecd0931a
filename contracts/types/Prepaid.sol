// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The part of an account that every settlement reads, in one storage slot:
/// `signer 160 | named 1 | deposit 47 | paid 48`. Micro-units; `named` says that the money is of a named series.
type Prepaid is uint256;

using {signer, isNamed, deposit, paid, withPaid, withDeposit, withSigner} for Prepaid global;

uint256 constant MAX_DEPOSIT = (1 << 47) - 1;

function newPrepaid(address signer_, bool named_, uint256 deposit_) pure returns (Prepaid) {
    return Prepaid.wrap((uint256(uint160(signer_)) << 96) | (named_ ? 1 << 95 : 0) | (deposit_ << 48));
}

function isNamed(Prepaid self) pure returns (bool) {
    return Prepaid.unwrap(self) & (1 << 95) != 0;
}

/// @return the zero address for an account that nobody opened
function signer(Prepaid self) pure returns (address) {
    return address(uint160(Prepaid.unwrap(self) >> 96));
}

function deposit(Prepaid self) pure returns (uint256) {
    return (Prepaid.unwrap(self) >> 48) & MAX_DEPOSIT;
}

function paid(Prepaid self) pure returns (uint256) {
    return uint48(Prepaid.unwrap(self));
}

/// @dev The caller has checked that `paid_` is at most the deposit.
function withPaid(Prepaid self, uint256 paid_) pure returns (Prepaid) {
    return Prepaid.wrap((Prepaid.unwrap(self) & ~uint256(type(uint48).max)) | paid_);
}

/// @dev The caller has checked that `deposit_` has 47 bits and is at least what was paid.
function withDeposit(Prepaid self, uint256 deposit_) pure returns (Prepaid) {
    return Prepaid.wrap((Prepaid.unwrap(self) & ~(MAX_DEPOSIT << 48)) | (deposit_ << 48));
}

function withSigner(Prepaid self, address signer_) pure returns (Prepaid) {
    return Prepaid.wrap((Prepaid.unwrap(self) & type(uint96).max) | (uint256(uint160(signer_)) << 96));
}
