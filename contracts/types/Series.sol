// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The part of a series that every payment reads, in one storage slot (most significant first):
/// `flags 24 | feeBps 16 | salesCloseAt 40 | limitationAt 40 | expiresAt 40 | outstanding 96`.
type Series is uint256;

using {
    outstanding,
    expiresAt,
    limitationAt,
    salesCloseAt,
    feeBps,
    has,
    exists,
    addFace,
    burnFace,
    withFlag,
    withoutFace
} for Series global;

uint256 constant NAMED = 1 << 232; // only the issuer's merchants redeem
uint256 constant WOUND_DOWN = 1 << 233; // sales stopped for good, full refunds open
uint256 constant FORFEITED = 1 << 234; // burnt after limitation: every balance reads 0
uint256 constant CONVERTIBLE = 1 << 235; // after expiry, face becomes face of a live series of the same issuer
uint256 constant REFUND_ON_REMOVAL = 1 << 236; // merchants can be removed; a removal opens full refunds
uint256 constant CASH_OUT_UNUSED = 1 << 237; // the small-rest right needs no earlier use
uint256 constant EXISTS = 1 << 238;

/// @dev A date that never comes: "no expiry", "no limitation".
uint256 constant NEVER = type(uint40).max;

function newSeries(uint256 expiry, uint256 limitation, uint256 salesClose, uint256 fee, uint256 flagBits)
    pure
    returns (Series)
{
    return Series.wrap(
        EXISTS | flagBits | (fee << 216) | (salesClose << 176) | (limitation << 136) | (expiry << 96)
    );
}

function outstanding(Series self) pure returns (uint256) {
    return uint96(Series.unwrap(self));
}

function expiresAt(Series self) pure returns (uint256) {
    return uint40(Series.unwrap(self) >> 96);
}

function limitationAt(Series self) pure returns (uint256) {
    return uint40(Series.unwrap(self) >> 136);
}

function salesCloseAt(Series self) pure returns (uint256) {
    return uint40(Series.unwrap(self) >> 176);
}

function feeBps(Series self) pure returns (uint256) {
    return uint16(Series.unwrap(self) >> 216);
}

function has(Series self, uint256 flag) pure returns (bool) {
    return Series.unwrap(self) & flag != 0;
}

function exists(Series self) pure returns (bool) {
    return Series.unwrap(self) & EXISTS != 0;
}

/// @dev The caller has checked that the sum fits 96 bits.
function addFace(Series self, uint256 amount) pure returns (Series) {
    unchecked {
        return Series.wrap(Series.unwrap(self) + amount);
    }
}

/// @dev The caller has checked that `amount` is part of what is outstanding (a balance or an unclaimed link).
function burnFace(Series self, uint256 amount) pure returns (Series) {
    unchecked {
        return Series.wrap(Series.unwrap(self) - amount);
    }
}

function withFlag(Series self, uint256 flag) pure returns (Series) {
    return Series.wrap(Series.unwrap(self) | flag);
}

function withoutFace(Series self) pure returns (Series) {
    return Series.wrap(Series.unwrap(self) & ~uint256(type(uint96).max));
}
