// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStreamingTips} from "../../interfaces/IStreamingTips.sol";
import {Stream, newStream} from "../types/Stream.sol";
import {MonthlyCaps} from "./MonthlyCaps.sol";
import {StreamBook} from "./StreamBook.sol";

/// @notice What payers do: streams and tips.
abstract contract Streams is IStreamingTips, StreamBook, MonthlyCaps {
    bytes32 private constant OPEN_TYPEHASH = keccak256(
        "OpenStream(address payer,uint256 jarId,uint256 index,uint80 rate,uint96 amount,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant TOP_UP_TYPEHASH = keccak256(
        "TopUpStream(address from,address payer,uint256 jarId,uint256 index,uint96 amount,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant CANCEL_TYPEHASH =
        keccak256("CancelStream(address payer,uint256 jarId,uint256 index,uint64 nonce,uint40 deadline)");
    bytes32 private constant CHANGE_RATE_TYPEHASH = keccak256(
        "ChangeStreamRate(address payer,uint256 jarId,uint256 index,uint80 rate,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant PAUSE_TYPEHASH =
        keccak256("PauseStream(address payer,uint256 jarId,uint256 index,uint64 nonce,uint40 deadline)");
    bytes32 private constant RESUME_TYPEHASH =
        keccak256("ResumeStream(address payer,uint256 jarId,uint256 index,uint64 nonce,uint40 deadline)");
    bytes32 private constant TIP_TYPEHASH = keccak256(
        "Tip(address from,uint256 jarId,uint96 amount,string message,uint64 nonce,uint40 deadline)"
    );

    /// @inheritdoc IStreamingTips
    function open(StreamKey calldata key, uint80 rate, uint96 amount, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 endsAt)
    {
        address payer = key.payer;
        if (_isOwnCall(payer, consent)) {
            _pull(payer, amount);
        } else {
            bytes32 structHash = keccak256(
                abi.encode(
                    OPEN_TYPEHASH, payer, key.jarId, key.index, rate, amount, consent.nonce, consent.deadline
                )
            );
            _pullByConsent(payer, amount, structHash, consent);
        }
        _countPaid(payer, amount);
        _checkJar(key.jarId);
        endsAt = _openStream(_idOf(key), key.jarId, rate, amount, 0);
        emit StreamOpened(payer, key.jarId, key.index, rate, amount, endsAt);
    }

    /// @inheritdoc IStreamingTips
    function topUp(StreamKey calldata key, address from, uint96 amount, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 endsAt)
    {
        if (_isOwnCall(from, consent)) {
            _pull(from, amount);
        } else {
            bytes32 structHash = keccak256(
                abi.encode(
                    TOP_UP_TYPEHASH,
                    from,
                    key.payer,
                    key.jarId,
                    key.index,
                    amount,
                    consent.nonce,
                    consent.deadline
                )
            );
            _pullByConsent(from, amount, structHash, consent);
        }
        _countPaid(from, amount);
        endsAt = _topUpStream(_idOf(key), key.jarId, amount, 0);
        emit StreamToppedUp(key.payer, key.jarId, key.index, from, amount, endsAt);
    }

    /// @inheritdoc IStreamingTips
    function cancel(StreamKey calldata key, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 refund)
    {
        address payer = _consentOfPayer(CANCEL_TYPEHASH, key, consent);
        refund = _cancelStream(_idOf(key), key.jarId, payer);
        emit StreamCancelled(payer, key.jarId, key.index, refund);
    }

    /// @inheritdoc IStreamingTips
    function changeRate(StreamKey calldata key, uint80 rate, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 endsAt)
    {
        if (!_isOwnCall(key.payer, consent)) {
            bytes32 structHash = keccak256(
                abi.encode(
                    CHANGE_RATE_TYPEHASH,
                    key.payer,
                    key.jarId,
                    key.index,
                    rate,
                    consent.nonce,
                    consent.deadline
                )
            );
            _checkConsent(key.payer, structHash, consent);
        }
        bytes32 id = _idOf(key);
        StreamBox storage box = _streams[id];
        Stream stream = _running(id, box);
        uint256 oldRate = stream.rate();
        uint256 oldEnd = stream.endsAt();
        uint256 dust;
        (endsAt, dust) = _lasting(block.timestamp, rate, oldRate * (oldEnd - block.timestamp));
        uint256 seriesId = stream.seriesId();
        if (seriesId != 0) _checkSeries(seriesId, endsAt);
        box.stream = newStream(rate, block.timestamp, endsAt, seriesId);
        _leave(key.jarId, oldRate, stream.startedAt(), oldEnd, 0);
        _enter(key.jarId, rate, block.timestamp, endsAt, dust);
        emit StreamRateChanged(key.payer, key.jarId, key.index, rate, endsAt);
    }

    /// @inheritdoc IStreamingTips
    function pause(StreamKey calldata key, Consent calldata consent) external nonReentrant {
        _consentOfPayer(PAUSE_TYPEHASH, key, consent);
        bytes32 id = _idOf(key);
        StreamBox storage box = _streams[id];
        Stream stream = _running(id, box);
        (uint256 rate, uint256 end, uint256 seriesId) = (stream.rate(), stream.endsAt(), stream.seriesId());
        require(seriesId == 0, Jar_SeriesBarsPause(seriesId));
        uint256 left = end - block.timestamp;
        box.stream = newStream(rate, 0, left, 0);
        _leave(key.jarId, rate, stream.startedAt(), end, 0);
        emit StreamPaused(key.payer, key.jarId, key.index, left);
    }

    /// @inheritdoc IStreamingTips
    function resume(StreamKey calldata key, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 endsAt)
    {
        _consentOfPayer(RESUME_TYPEHASH, key, consent);
        bytes32 id = _idOf(key);
        StreamBox storage box = _streams[id];
        Stream stream = box.stream;
        require(stream.isPaused(), Jar_StreamNotPaused(id));
        uint256 rate = stream.rate();
        (endsAt,) = _lasting(block.timestamp, rate, rate * stream.endsAt());
        box.stream = newStream(rate, block.timestamp, endsAt, 0);
        _enter(key.jarId, rate, block.timestamp, endsAt, 0);
        emit StreamResumed(key.payer, key.jarId, key.index, endsAt);
    }

    /// @inheritdoc IStreamingTips
    function tip(
        address from,
        uint256 jarId,
        uint96 amount,
        string calldata message,
        Consent calldata consent
    ) external nonReentrant {
        require(amount != 0, Jar_ZeroAmount());
        if (_isOwnCall(from, consent)) {
            _pull(from, amount);
        } else {
            bytes32 structHash = keccak256(
                abi.encode(
                    TIP_TYPEHASH,
                    from,
                    jarId,
                    amount,
                    keccak256(bytes(message)),
                    consent.nonce,
                    consent.deadline
                )
            );
            _pullByConsent(from, amount, structHash, consent);
        }
        _countPaid(from, amount);
        _checkJar(jarId);
        _credit(jarId, amount * _scale);
        emit Tipped(from, jarId, amount, message);
    }

    // ---------------------------------------------------------------------------------------------------- private

    function _consentOfPayer(bytes32 typehash, StreamKey calldata key, Consent calldata consent)
        private
        returns (address payer)
    {
        payer = key.payer;
        if (_isOwnCall(payer, consent)) return payer;
        bytes32 structHash =
            keccak256(abi.encode(typehash, payer, key.jarId, key.index, consent.nonce, consent.deadline));
        _checkConsent(payer, structHash, consent);
    }

    /// @dev keccak256(abi.encode(key))
    function _idOf(StreamKey calldata key) private pure returns (bytes32 id) {
        assembly ("memory-safe") {
            let words := mload(0x40)
            calldatacopy(words, key, 0x60)
            id := keccak256(words, 0x60)
        }
    }
}
