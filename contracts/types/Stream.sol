// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A stream in one storage slot: `seriesId 96 | endsAt 40 | startedAt 40 | rate 80`. While paused, `startedAt` is 0
/// and `endsAt` holds the seconds that are left.
type Stream is uint256;

using {rate, startedAt, endsAt, seriesId, isPaused, isRunning, until} for Stream global;

uint256 constant MAX_RATE = type(uint80).max;

function newStream(uint256 rate_, uint256 startedAt_, uint256 endsAt_, uint256 seriesId_)
    pure
    returns (Stream)
{
    return Stream.wrap((seriesId_ << 160) | (endsAt_ << 120) | (startedAt_ << 80) | rate_);
}

function rate(Stream self) pure returns (uint256) {
    return uint80(Stream.unwrap(self));
}

function startedAt(Stream self) pure returns (uint256) {
    return uint40(Stream.unwrap(self) >> 80);
}

function endsAt(Stream self) pure returns (uint256) {
    return uint40(Stream.unwrap(self) >> 120);
}

function seriesId(Stream self) pure returns (uint256) {
    return Stream.unwrap(self) >> 160;
}

function isPaused(Stream self) pure returns (bool) {
    return startedAt(self) == 0 && Stream.unwrap(self) != 0;
}

function isRunning(Stream self, uint256 time) pure returns (bool) {
    return startedAt(self) != 0 && time < endsAt(self);
}

/// @dev The same stream with another end.
function until(Stream self, uint256 endsAt_) pure returns (Stream) {
    return Stream.wrap((Stream.unwrap(self) & ~(uint256(type(uint40).max) << 120)) | (endsAt_ << 120));
}
