// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRewardPools} from "../../interfaces/IRewardPools.sol";
import {Pool} from "../types/Pool.sol";
import {PoolLedger} from "./PoolLedger.sol";

/// @notice What sponsors do: open, fund, name another attester, close. What takes something from readers waits out the notice.
abstract contract Sponsors is PoolLedger {
    bytes32 private constant OPEN_TYPEHASH = keccak256(
        "OpenPool(address sponsor,uint96 salt,address attester,uint16 minReaderBps,uint16 maxReaderBps,uint96 readerCap,uint96 poolCap,uint24 noticeSeconds,uint96 amount,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant FUND_TYPEHASH =
        keccak256("FundPool(address from,bytes32 poolId,uint96 amount,uint64 nonce,uint40 deadline)");
    bytes32 private constant CHANGE_ATTESTER_TYPEHASH = keccak256(
        "ChangeAttester(address sponsor,bytes32 poolId,address attester,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant ANNOUNCE_CLOSING_TYPEHASH =
        keccak256("AnnounceClosing(address sponsor,bytes32 poolId,uint64 nonce,uint40 deadline)");
    bytes32 private constant CANCEL_CLOSING_TYPEHASH =
        keccak256("CancelClosing(address sponsor,bytes32 poolId,uint64 nonce,uint40 deadline)");

    uint256 private constant MIN_NOTICE = 1 days;
    uint256 private constant MAX_NOTICE = 180 days;

    // ------------------------------------------------------------------------------------------------------- money

    /// @inheritdoc IRewardPools
    function open(Opening calldata opening, uint96 amount) external nonReentrant returns (bytes32 poolId) {
        _pull(msg.sender, amount);
        return _open(msg.sender, opening, amount);
    }

    /// @inheritdoc IRewardPools
    function openSigned(address sponsor, Opening calldata opening, uint96 amount, Consent calldata consent)
        external
        nonReentrant
        returns (bytes32 poolId)
    {
        bytes32 structHash =
            keccak256(abi.encode(OPEN_TYPEHASH, sponsor, opening, amount, consent.nonce, consent.deadline));
        _pullByConsent(sponsor, amount, structHash, consent);
        return _open(sponsor, opening, amount);
    }

    /// @inheritdoc IRewardPools
    function fund(bytes32 poolId, uint96 amount) external nonReentrant {
        _pull(msg.sender, amount);
        _fund(poolId, _known(poolId), amount);
    }

    /// @inheritdoc IRewardPools
    function fundSigned(bytes32 poolId, address from, uint96 amount, Consent calldata consent)
        external
        nonReentrant
    {
        bytes32 structHash = keccak256(
            abi.encode(FUND_TYPEHASH, from, poolId, amount, consent.nonce, consent.deadline)
        );
        _pullByConsent(from, amount, structHash, consent);
        _fund(poolId, _known(poolId), amount);
    }

    // ---------------------------------------------------------------------------------------------------- attester

    /// @inheritdoc IRewardPools
    function changeAttester(bytes32 poolId, address attester, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 fromTime)
    {
        Pool storage found = _known(poolId);
        address sponsor = found.sponsor;
        if (!_isOwnCall(sponsor, consent)) {
            bytes32 structHash = keccak256(
                abi.encode(
                    CHANGE_ATTESTER_TYPEHASH, sponsor, poolId, attester, consent.nonce, consent.deadline
                )
            );
            _checkConsent(sponsor, structHash, consent);
        }
        // Effect: an announcement whose notice is over has been carried out.
        if (_isChanged(found.newAttesterAt)) {
            found.attester = found.newAttester;
            (found.newAttester, found.newAttesterAt) = (address(0), 0);
        }
        if (attester == address(0)) {
            require(found.newAttesterAt != 0, Pools_NoNewAttester(poolId));
            emit AttesterKept(poolId, found.attester);
        } else {
            fromTime = block.timestamp + found.noticeSeconds;
            emit AttesterAnnounced(poolId, attester, fromTime);
        }
        // casting to 'uint40' is safe for 34,000 years
        // forge-lint: disable-next-line(unsafe-typecast)
        (found.newAttester, found.newAttesterAt) = (attester, uint40(fromTime));
    }

    // ----------------------------------------------------------------------------------------------------- closing

    /// @inheritdoc IRewardPools
    function announceClosing(bytes32 poolId, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 closesAt)
    {
        Pool storage found = _bySponsor(ANNOUNCE_CLOSING_TYPEHASH, poolId, consent);
        require(found.closesAt == 0, Pools_Closing(poolId, found.closesAt));
        closesAt = block.timestamp + found.noticeSeconds;
        // casting to 'uint40' is safe for 34,000 years
        // forge-lint: disable-next-line(unsafe-typecast)
        found.closesAt = uint40(closesAt);
        emit ClosingAnnounced(poolId, closesAt);
    }

    /// @inheritdoc IRewardPools
    function cancelClosing(bytes32 poolId, Consent calldata consent) external nonReentrant {
        Pool storage found = _bySponsor(CANCEL_CLOSING_TYPEHASH, poolId, consent);
        uint256 closesAt = found.closesAt;
        require(closesAt != 0, Pools_NotClosing(poolId));
        require(block.timestamp < closesAt, Pools_Closed(poolId, closesAt));
        found.closesAt = 0;
        emit ClosingCancelled(poolId);
    }

    /// @inheritdoc IRewardPools
    function close(bytes32 poolId) external nonReentrant returns (uint256 amount) {
        Pool storage found = _known(poolId);
        uint256 closesAt = found.closesAt;
        require(closesAt != 0, Pools_NotClosing(poolId));
        require(block.timestamp >= closesAt, Pools_NotYet(closesAt, block.timestamp));
        uint96 spent = found.spent;
        amount = found.funded - spent;
        require(amount != 0, Pools_NothingLeft(poolId));
        found.funded = spent;
        emit PoolClosed(poolId, amount);
        _payOut(found.sponsor, amount);
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @dev Check and effect: a new pool, whose first money is here already.
    function _open(address sponsor, Opening calldata opening, uint96 amount)
        private
        returns (bytes32 poolId)
    {
        (uint16 least, uint16 most) = (opening.minReaderBps, opening.maxReaderBps);
        (uint96 readerCap, uint96 poolCap) = (opening.readerCap, opening.poolCap);
        (address attester, uint24 notice) = (opening.attester, opening.noticeSeconds);
        require(attester != address(0), Pools_ZeroAttester());
        require(least <= most && most <= BPS, Pools_RatioBounds(least, most, BPS));
        require(readerCap != 0 && readerCap <= poolCap, Pools_CapBounds(readerCap, poolCap));
        require(
            notice >= MIN_NOTICE && notice <= MAX_NOTICE,
            Pools_NoticeOutOfRange(notice, MIN_NOTICE, MAX_NOTICE)
        );
        poolId = _poolIdOf(sponsor, opening.salt);
        Pool storage made = _pools[poolId];
        require(made.sponsor == address(0), Pools_Exists(poolId));
        (made.minReaderBps, made.maxReaderBps) = (least, most);
        (made.readerCap, made.poolCap, made.noticeSeconds) = (readerCap, poolCap, notice);
        (made.attester, made.sponsor) = (attester, sponsor);
        emit PoolOpened(poolId, sponsor, attester, least, most, readerCap, poolCap, notice);
        _fund(poolId, made, amount);
    }

    /// @dev Check and effect: `amount` more, which is here already.
    function _fund(bytes32 poolId, Pool storage found, uint96 amount) private {
        require(amount != 0, Pools_ZeroAmount());
        require(found.closesAt == 0, Pools_Closing(poolId, found.closesAt));
        uint96 most = type(uint96).max - found.funded;
        require(amount <= most, Custody_AmountTooLarge(amount, most));
        found.funded += amount;
        emit PoolFunded(poolId, amount);
    }

    /// @dev Check: the sponsor acts, or signed what has no parameter but the pool.
    function _bySponsor(bytes32 typehash, bytes32 poolId, Consent calldata consent)
        private
        returns (Pool storage found)
    {
        found = _known(poolId);
        address sponsor = found.sponsor;
        if (_isOwnCall(sponsor, consent)) return found;
        bytes32 structHash = keccak256(abi.encode(typehash, sponsor, poolId, consent.nonce, consent.deadline));
        _checkConsent(sponsor, structHash, consent);
    }
}
