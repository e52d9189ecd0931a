// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICertificateSales} from "../../interfaces/ICertificateSales.sol";
import {ICertificateTypes} from "../../interfaces/ICertificateTypes.sol";
import {SalesReserve} from "./SalesReserve.sol";

/// @notice Promotions: immutable terms, a funded budget, single-use coupons. A reward leaves `free` at the purchase or not at
/// all.
abstract contract Promotions is SalesReserve {
    uint256 internal constant BPS = 10_000;
    /// @dev How long at least a vested cash-back can be claimed before the reward series' sale closes.
    uint256 private constant CLAIM_SECONDS = 30 days;
    bytes32 private constant COUPON_TYPEHASH = keccak256(
        "Coupon(uint256 promotionId,uint256 couponId,address buyer,address referrer,uint96 maxFace,uint40 deadline)"
    );

    uint256 private _promotionCount;
    mapping(uint256 promotionId => PromotionTerms) internal _promotions;
    mapping(uint256 promotionId => Budget) internal _budgets;
    /// @dev One bit a coupon.
    mapping(uint256 promotionId => mapping(uint256 word => uint256 bits)) private _usedCoupons;

    // ----------------------------------------------------------------------------------------------- the issuer's

    /// @inheritdoc ICertificateSales
    function createPromotion(PromotionTerms calldata terms) external returns (uint256 promotionId) {
        _checkIssuer(terms.seriesId);
        ICertificateTypes.Terms memory series = _terms(terms.seriesId);
        _atLeast("named merchants", series.named ? 1 : 0, 1);
        _atMost("cash for unused certificates", series.cashOutUnused ? 1 : 0, 0);
        _checkNoRefundOpen(terms.seriesId);
        _atLeast("closes in the future", terms.closesAt, block.timestamp + 1);
        _atLeast("closes after opening", terms.closesAt, uint256(terms.opensAt) + 1);
        _atMost("closes with the series' sale", terms.closesAt, series.salesCloseAt);

        uint256 rewards = uint256(terms.discountBps) + terms.cashBackBps + terms.referralBps;
        _atLeast("rewards", rewards, 1);
        _checkCash(series, rewards);
        _atLeast("face of a purchase", terms.maxFacePerPurchase, 1);
        require(terms.couponSigner != address(0), Custody_ZeroAddress());

        if (terms.cashBackBps == 0) _atMost("reward series, no cash-back", terms.rewardSeriesId, 0);
        else _checkRewardSeries(terms, uint256(terms.closesAt) + series.withdrawalSeconds);

        promotionId = ++_promotionCount;
        _promotions[promotionId] = terms;
        emit PromotionCreated(promotionId, terms.seriesId, terms);
    }

    /// @inheritdoc ICertificateSales
    function fund(uint256 promotionId, uint96 amount) external nonReentrant {
        _known(promotionId);
        require(amount != 0, CertificateSales_ZeroAmount());
        Budget storage money = _budgets[promotionId];
        money.free += amount;
        money.funded += amount;
        _booked += amount;
        emit PromotionFunded(promotionId, msg.sender, amount);
        _pull(msg.sender, amount);
    }

    /// @inheritdoc ICertificateSales
    function takeBack(uint256 promotionId, uint96 amount, address to) external nonReentrant {
        _checkIssuer(_known(promotionId).seriesId);
        require(to != address(0) && to != address(this), Custody_ZeroAddress());
        require(amount != 0, CertificateSales_ZeroAmount());
        Budget storage money = _budgets[promotionId];
        uint256 free = money.free;
        require(amount <= free, CertificateSales_OverBudget(promotionId, amount, free));
        money.free -= amount;
        money.takenBack += amount;
        emit BudgetTakenBack(promotionId, to, amount);
        _payNow(to, amount);
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICertificateSales
    function promotionCount() external view returns (uint256) {
        return _promotionCount;
    }

    /// @inheritdoc ICertificateSales
    function promotion(uint256 promotionId) external view returns (PromotionTerms memory) {
        return _known(promotionId);
    }

    /// @inheritdoc ICertificateSales
    function budget(uint256 promotionId) external view returns (Budget memory) {
        return _budgets[promotionId];
    }

    /// @inheritdoc ICertificateSales
    function rewardsOf(uint256 promotionId, uint256 face, bool referred)
        external
        view
        returns (uint256 discount, uint256 cashBack, uint256 referral)
    {
        return _rewards(_known(promotionId), face, referred);
    }

    /// @inheritdoc ICertificateSales
    function isCouponUsed(uint256 promotionId, uint256 couponId) external view returns (bool) {
        return _usedCoupons[promotionId][couponId >> 8] & (1 << (couponId & 0xff)) != 0;
    }

    // -------------------------------------------------------------------------------------------------- internal

    /// @dev Check and effect: the coupon is used up, and what the purchase earns leaves the free budget.
    function _redeemCoupon(
        PromotionTerms storage terms,
        uint256 face,
        Coupon calldata coupon,
        bytes calldata signature
    ) internal returns (uint256 discount, uint256 cashBack, uint256 referral) {
        uint256 promotionId = coupon.promotionId;
        require(
            terms.opensAt <= block.timestamp && block.timestamp < terms.closesAt,
            CertificateSales_PromotionClosed(promotionId, terms.opensAt, terms.closesAt, block.timestamp)
        );
        require(msg.sender == coupon.buyer, CertificateSales_NotBuyer(msg.sender, coupon.buyer));
        address referrer = coupon.referrer;
        // What this contract owes itself nobody could ask for.
        require(
            referrer != coupon.buyer && referrer != address(this), CertificateSales_SelfReferral(referrer)
        );
        uint256 maxFace =
            coupon.maxFace < terms.maxFacePerPurchase ? coupon.maxFace : terms.maxFacePerPurchase;
        require(face <= maxFace, CertificateSales_OverMaxFace(face, maxFace));
        _checkDeadline(coupon.deadline);
        _checkSignature(terms.couponSigner, keccak256(abi.encode(COUPON_TYPEHASH, coupon)), signature);
        _useCoupon(promotionId, coupon.couponId);

        // What would pay a discount out in cash opens only against buyers who had none.
        _checkNoRefundOpen(terms.seriesId);
        if (terms.cashBackBps != 0) {
            _checkNoRefundOpen(terms.rewardSeriesId);
            uint256 dailyLimit = _issuingLimit(terms.rewardSeriesId);
            require(
                dailyLimit == type(uint96).max,
                CertificateSales_LimitedOperator(terms.rewardSeriesId, dailyLimit)
            );
        }

        (discount, cashBack, referral) = _rewards(terms, face, referrer != address(0));
        Budget storage money = _budgets[promotionId];
        uint256 needed = discount + cashBack + referral;
        require(needed <= money.free, CertificateSales_OverBudget(promotionId, needed, money.free));
        // Each is at most `face`, which has 96 bits.
        money.free -= uint128(needed);
        money.reserved += uint128(cashBack + referral);
        if (discount != 0) money.spent += uint128(discount);
    }

    /// @dev Effect: a reserved reward was paid.
    function _spendReserved(uint256 promotionId, uint96 amount) internal {
        _budgets[promotionId].reserved -= amount;
        _budgets[promotionId].spent += amount;
    }

    /// @dev Effect: a reserved reward is free again.
    function _releaseReserved(uint256 promotionId, uint96 amount) internal {
        _budgets[promotionId].reserved -= amount;
        _budgets[promotionId].free += amount;
    }

    /// @dev Effect: a discount came back. The caller books it.
    function _unspend(uint256 promotionId, uint96 discount) internal {
        _budgets[promotionId].spent -= discount;
        _budgets[promotionId].free += discount;
    }

    function _issuingLimit(uint256 seriesId) internal view returns (uint256 dailyLimit) {
        (dailyLimit,) = _certificates.operatorLimit(seriesId, address(this));
    }

    function _known(uint256 promotionId) internal view returns (PromotionTerms storage terms) {
        terms = _promotions[promotionId];
        require(terms.seriesId != 0, CertificateSales_UnknownPromotion(promotionId));
    }

    function _useCoupon(uint256 promotionId, uint256 couponId) private {
        uint256 bits = _usedCoupons[promotionId][couponId >> 8];
        uint256 mask = 1 << (couponId & 0xff);
        require(bits & mask == 0, CertificateSales_CouponUsed(promotionId, couponId));
        _usedCoupons[promotionId][couponId >> 8] = bits | mask;
    }

    /// @dev A right that was announced counts as open: it holds for what is bought until then, too.
    function _checkNoRefundOpen(uint256 seriesId) private view {
        uint256 fullRefundFrom = _state(seriesId).fullRefundFrom;
        require(fullRefundFrom == 0, CertificateSales_RefundOpen(seriesId, fullRefundFrom));
    }

    /// @dev By no refund right may buyer and referrer together have more money than came in: of each certificate they may
    /// have at most 1 − rewards in cash. A remainder is at most 1 − the use threshold, a small rest below its limit.
    function _checkCash(ICertificateTypes.Terms memory series, uint256 rewards) private pure {
        _atMost("rewards and post-expiry share", rewards + series.postExpiryBps, BPS);
        if (series.useThresholdBps != 0) {
            _atMost("rewards and use threshold", rewards, series.useThresholdBps);
        }
        if (series.cashOutBelow != 0) {
            uint256 rest = uint256(series.cashOutBelow) - 1;
            _atMost("rewards and cash-out", rest, (BPS - rewards) * series.denomination / BPS);
        }
    }

    function _checkRewardSeries(PromotionTerms calldata terms, uint256 lastVesting) private view {
        _checkIssuer(terms.rewardSeriesId);
        _checkNoRefundOpen(terms.rewardSeriesId);
        ICertificateTypes.Terms memory reward = _terms(terms.rewardSeriesId);
        _atLeast("reward series: named", reward.named ? 1 : 0, 1);
        _atMost("reward series: denomination", reward.denomination, 0);
        _atLeast("reward series: sales close", reward.salesCloseAt, lastVesting + CLAIM_SECONDS);
    }

    function _rewards(PromotionTerms storage terms, uint256 face, bool referred)
        private
        view
        returns (uint256 discount, uint256 cashBack, uint256 referral)
    {
        discount = face * terms.discountBps / BPS;
        cashBack = face * terms.cashBackBps / BPS;
        if (referred) referral = face * terms.referralBps / BPS;
    }

    function _atLeast(bytes32 rule, uint256 value, uint256 bound) private pure {
        require(value >= bound, CertificateSales_InvalidPromotion(rule, value, bound));
    }

    function _atMost(bytes32 rule, uint256 value, uint256 bound) private pure {
        require(value <= bound, CertificateSales_InvalidPromotion(rule, value, bound));
    }
}
