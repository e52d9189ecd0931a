// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICertificateSales} from "../../interfaces/ICertificateSales.sol";
import {Withdrawals} from "./Withdrawals.sol";

/// @notice Cash-back and referral, once the purchase can't be withdrawn any more. Two claims, so that a buyer who can't be
/// handed certificates doesn't hold up the referrer.
abstract contract Rewards is Withdrawals {
    /// @inheritdoc ICertificateSales
    function claimCashBack(uint256 purchaseId) external nonReentrant returns (CashBack outcome) {
        Purchase storage record = _vested(purchaseId);
        (uint96 amount, address buyer, uint256 promotionId) =
            (record.cashBack, record.buyer, record.promotionId);
        require(amount != 0, CertificateSales_NothingToClaim(purchaseId));
        uint256 rewardSeriesId = _promotions[promotionId].rewardSeriesId;
        record.cashBack = 0;
        outcome = _cashBackBy(rewardSeriesId);
        emit CashBackClaimed(purchaseId, buyer, outcome, amount);
        if (outcome == CashBack.Returned) {
            _releaseReserved(promotionId, amount);
            return outcome;
        }
        _spendReserved(promotionId, amount);
        if (outcome == CashBack.Paid) {
            _payBooked(buyer, amount);
        } else {
            _booked -= amount;
            _issue(rewardSeriesId, buyer, amount);
        }
    }

    /// @inheritdoc ICertificateSales
    function claimReferral(uint256 purchaseId) external nonReentrant {
        Purchase storage record = _vested(purchaseId);
        (uint96 amount, address referrer) = (record.referral, record.referrer);
        require(amount != 0, CertificateSales_NothingToClaim(purchaseId));
        record.referral = 0;
        _spendReserved(record.promotionId, amount);
        emit ReferralClaimed(purchaseId, referrer, amount);
        _payBooked(referrer, amount);
    }

    /// @dev Money where the issuer could otherwise have taken a promise back; nothing else turns a reward into cash.
    function _cashBackBy(uint256 rewardSeriesId) private view returns (CashBack) {
        if (_state(rewardSeriesId).woundDown) return CashBack.Paid;
        if (block.timestamp >= _terms(rewardSeriesId).salesCloseAt) return CashBack.Returned;
        return _issuingLimit(rewardSeriesId) == type(uint96).max ? CashBack.Issued : CashBack.Paid;
    }

    function _vested(uint256 purchaseId) private view returns (Purchase storage record) {
        record = _bought(purchaseId);
        require(!record.withdrawn, CertificateSales_AlreadyWithdrawn(purchaseId));
        require(
            block.timestamp >= record.withdrawUntil,
            CertificateSales_NotVested(purchaseId, record.withdrawUntil, block.timestamp)
        );
    }
}
