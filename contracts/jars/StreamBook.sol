// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MAX_RATE, Stream, newStream} from "../types/Stream.sol";
import {Flows} from "./Flows.sol";

/// @notice Streams by their id, whoever asked and wherever the money came from.
abstract contract StreamBook is Flows {
    /// @dev `amount` (base units) is here already. `seriesId` 0 for plain money.
    function _openStream(bytes32 id, uint256 jarId, uint256 rate, uint256 amount, uint256 seriesId)
        internal
        returns (uint256 end)
    {
        StreamBox storage box = _streams[id];
        Stream old = box.stream;
        if (Stream.unwrap(old) != 0) {
            require(!old.isPaused() && !old.isRunning(block.timestamp), Jar_StreamExists(id, old.endsAt()));
            if (old.seriesId() != 0) _countUsed(id, old.seriesId(), 0);
        }
        uint256 dust;
        (end, dust) = _lasting(block.timestamp, rate, _scaled(amount));
        if (seriesId != 0) _checkSeries(seriesId, end);
        box.stream = newStream(rate, block.timestamp, end, seriesId);
        _enter(jarId, rate, block.timestamp, end, dust);
    }

    /// @dev As `_openStream`.
    function _topUpStream(bytes32 id, uint256 jarId, uint256 amount, uint256 seriesId)
        internal
        returns (uint256 newEnd)
    {
        StreamBox storage box = _streams[id];
        Stream stream = _running(id, box);
        require(stream.seriesId() == seriesId, Jar_SeriesDiffers(id, stream.seriesId(), seriesId));
        (uint256 rate, uint256 end) = (stream.rate(), stream.endsAt());
        uint256 dust;
        (newEnd, dust) = _lasting(end, rate, _scaled(amount));
        if (seriesId != 0) _checkSeries(seriesId, newEnd);
        box.stream = stream.until(newEnd);
        _extend(jarId, rate, stream.startedAt(), end, newEnd, dust);
    }

    /// @dev Interaction: the refund leaves.
    function _cancelStream(bytes32 id, uint256 jarId, address payer) internal returns (uint256 refund) {
        StreamBox storage box = _streams[id];
        Stream stream = box.stream;
        (uint256 rate, uint256 start, uint256 end) = (stream.rate(), stream.startedAt(), stream.endsAt());
        // A paused stream has no start, and its seconds count from 0; where there is no stream, there are none.
        uint256 since = start != 0 ? block.timestamp : 0;
        require(since < end, Jar_StreamNotRunning(id, end));
        uint256 rest;
        unchecked {
            // Of a rate of 80 bits and 40 bits of seconds.
            rest = rate * (end - since);
            refund = rest / _scale;
            rest -= refund * _scale;
        }
        box.stream = Stream.wrap(0);
        uint256 seriesId = stream.seriesId();
        if (seriesId != 0) {
            _countUsed(id, seriesId, refund);
            delete _placements[id];
        }
        if (start != 0) _leave(jarId, rate, start, end, rest);
        else if (rest != 0) _credit(jarId, rest);
        _refund(payer, seriesId, refund);
    }

    /// @dev A named series' money is here already, paid by cards of `holder`, for a stream of its.
    function _place(bytes32 id, address holder, uint256 amount) internal {
        Placement memory placement = _placements[id];
        amount += placement.amount;
        require(amount <= type(uint96).max, Custody_AmountTooLarge(amount, type(uint96).max));
        // casting to 'uint96' is safe because of the check
        // forge-lint: disable-next-line(unsafe-typecast)
        _placements[id] = Placement(holder, uint96(amount));
    }

    /// @dev What a stream can't give back any more is used. `refund` (base units) is what it still can.
    function _countUsed(bytes32 id, uint256 seriesId, uint256 refund) internal {
        Placement memory placement = _placements[id];
        if (placement.amount <= refund) return;
        _placements[id].amount = uint96(refund);
        _certificates.countUsed(placement.holder, seriesId, uint96(placement.amount - refund));
    }

    /// @return scaled units that have not been earned; 0 for a stream that has ended
    function _left(Stream stream) internal view returns (uint256) {
        if (stream.isPaused()) return stream.rate() * stream.endsAt();
        if (!stream.isRunning(block.timestamp)) return 0;
        return stream.rate() * (stream.endsAt() - block.timestamp);
    }

    /// @dev Can't overflow: what comes in has 96 bits, or 96 for each card of a redemption, and a scale has 30.
    function _scaled(uint256 amount) private view returns (uint256) {
        unchecked {
            return amount * _scale;
        }
    }

    function _running(bytes32 id, StreamBox storage box) internal view returns (Stream stream) {
        stream = box.stream;
        require(stream.isRunning(block.timestamp), Jar_StreamNotRunning(id, stream.endsAt()));
    }

    /// @return end of what begins at `start` and lasts as long as the money, rounded down to seconds
    /// @return dust scaled units that are left, less than a second's worth
    function _lasting(uint256 start, uint256 rate, uint256 scaled)
        internal
        pure
        returns (uint256 end, uint256 dust)
    {
        require(rate != 0 && rate <= MAX_RATE, Jar_RateOutOfRange(rate, MAX_RATE));
        require(scaled >= rate, Jar_AmountBelowOneSecond(scaled, rate));
        unchecked {
            // An amount has 96 bits and a scale 30.
            end = start + scaled / rate;
            dust = scaled - (end - start) * rate;
        }
        require(end <= type(uint40).max, Jar_EndTooLate(end, type(uint40).max));
    }

    /// @dev What is streamed of a named series can come back as long as it streams.
    function _checkSeries(uint256 seriesId, uint256 end) internal view {
        uint256 expiresAt = _certificates.terms(seriesId).expiresAt;
        require(end < expiresAt, Jar_EndsAfterSeries(end, expiresAt));
    }
}
