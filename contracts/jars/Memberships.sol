// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJarBackOffice} from "../../interfaces/IJarBackOffice.sol";
import {MAX_RATE} from "../types/Stream.sol";
import {MonthlyCaps} from "./MonthlyCaps.sol";
import {StreamBook} from "./StreamBook.sol";

/// @notice Tiers, and who is in them.
abstract contract Memberships is IJarBackOffice, StreamBook, MonthlyCaps {
    uint256 private constant TIER_MONTH = 30 days;
    bytes32 private constant SUBSCRIBE_TYPEHASH = keccak256(
        "Subscribe(address payer,address account,address creator,uint32 tier,uint16 version,uint80 rate,uint96 amount,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant UNSUBSCRIBE_TYPEHASH = keccak256(
        "Unsubscribe(address payer,address account,address creator,uint32 tier,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant CAP_TYPEHASH =
        keccak256("SetMonthlyCap(address payer,uint96 limit,uint64 nonce,uint40 deadline)");

    /// @inheritdoc IJarBackOffice
    function setTier(uint32 tier, uint96 pricePerMonth, uint16 version) external {
        _checkJar(_jarIdOf(msg.sender, version));
        uint256 rate = pricePerMonth * _scale / TIER_MONTH;
        require((rate != 0 || pricePerMonth == 0) && rate <= MAX_RATE, Jar_RateOutOfRange(rate, MAX_RATE));
        _tiers[msg.sender][tier] = Tier(uint80(rate), version);
        emit TierSet(msg.sender, tier, rate, version);
    }

    /// @inheritdoc IJarBackOffice
    function subscribe(Subscription calldata subscription, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 until)
    {
        (address payer, uint256 amount) = (subscription.payer, subscription.amount);
        if (_isOwnCall(payer, consent)) {
            _pull(payer, amount);
        } else {
            bytes32 structHash =
                keccak256(abi.encode(SUBSCRIBE_TYPEHASH, subscription, consent.nonce, consent.deadline));
            _pullByConsent(payer, amount, structHash, consent);
        }
        _countPaid(payer, amount);
        until = _subscribe(subscription, 0);
    }

    /// @inheritdoc IJarBackOffice
    function unsubscribe(address creator, uint32 tier, address account, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 refund)
    {
        Membership storage member = _memberships[creator][tier][account];
        require(block.timestamp < member.until, Jar_NotMember(account, tier));
        address payer = member.payer;
        if (!_isOwnCall(payer, consent)) {
            bytes32 structHash = keccak256(
                abi.encode(
                    UNSUBSCRIBE_TYPEHASH, payer, account, creator, tier, consent.nonce, consent.deadline
                )
            );
            _checkConsent(payer, structHash, consent);
        }
        member.until = uint40(block.timestamp);
        uint256 jarId = _jarIdOf(creator, member.version);
        refund = _cancelStream(_membershipId(payer, jarId, tier, account), jarId, payer);
        emit Unsubscribed(creator, account, tier, payer, refund);
    }

    /// @inheritdoc IJarBackOffice
    function setMonthlyCap(address payer, uint96 limit, Consent calldata consent) external {
        if (!_isOwnCall(payer, consent)) {
            _checkConsent(
                payer,
                keccak256(abi.encode(CAP_TYPEHASH, payer, limit, consent.nonce, consent.deadline)),
                consent
            );
        }
        _setCap(payer, limit);
    }

    // --------------------------------------------------------------------------------------------------- internal

    /// @dev The money is here already; `seriesId` 0 for plain money.
    function _subscribe(Subscription memory sub, uint256 seriesId) internal returns (uint256 until) {
        require(sub.account != address(0), Custody_ZeroAddress());
        Tier memory tier = _tiers[sub.creator][sub.tier];
        _checkAgreed(sub.tier, tier, sub.rate, sub.version);
        Membership storage member = _memberships[sub.creator][sub.tier][sub.account];
        if (block.timestamp < member.until) {
            require(member.payer == sub.payer, Jar_AlreadyMember(sub.account, member.until));
            uint256 jarId = _jarIdOf(sub.creator, member.version);
            bytes32 id = _membershipId(sub.payer, jarId, sub.tier, sub.account);
            uint256 rate = _streams[id].stream.rate();
            require(rate == sub.rate, Jar_TierRateDiffers(sub.tier, rate, sub.rate));
            require(
                member.version == sub.version, Jar_TierVersionDiffers(sub.tier, member.version, sub.version)
            );
            until = _topUpStream(id, jarId, sub.amount, seriesId);
            if (seriesId != 0) _place(id, sub.payer, sub.amount);
            member.until = uint40(until);
            emit SubscriptionExtended(sub.creator, sub.account, sub.tier, sub.payer, sub.amount, until);
        } else {
            uint256 jarId = _jarIdOf(sub.creator, tier.version);
            require(seriesId == 0 || tier.version == 0, Jar_SeriesBarsSharedJar(seriesId, jarId));
            bytes32 id = _membershipId(sub.payer, jarId, sub.tier, sub.account);
            until = _openStream(id, jarId, sub.rate, sub.amount, seriesId);
            if (seriesId != 0) _place(id, sub.payer, sub.amount);
            _join(member, sub.payer, until, tier.version);
            emit Subscribed(sub.creator, sub.account, sub.tier, sub.payer, jarId, sub.rate, sub.amount, until);
        }
    }

    /// @dev Check: the tier is open and what the payer agreed to. A rate of 0 lasts for no amount.
    function _checkAgreed(uint32 number, Tier memory tier, uint256 rate, uint256 version) internal pure {
        require(tier.rate == rate, Jar_TierRateDiffers(number, tier.rate, rate));
        require(tier.version == version, Jar_TierVersionDiffers(number, tier.version, version));
    }

    function _join(Membership storage member, address payer, uint256 until, uint256 version) internal {
        (member.payer, member.since, member.until, member.version) =
        (payer, uint40(block.timestamp), uint40(until), uint16(version));
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @dev A stream's id that no `StreamKey` has: it hashes four words.
    function _membershipId(address payer, uint256 jarId, uint256 tier, address account)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(payer, jarId, tier, account));
    }
}
