// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICertificateLens} from "../interfaces/ICertificateLens.sol";
import {ICertificateTypes} from "../interfaces/ICertificateTypes.sol";
import {IGiftCertificates} from "../interfaces/IGiftCertificates.sol";

/// @notice See `ICertificateLens`. It only reads what GiftCertificates itself answers, so it can't disagree with it.
contract CertificateLens is ICertificateLens {
    uint256 private constant BPS = 10_000;

    /// @inheritdoc ICertificateLens
    function solvency(IGiftCertificates certificates) external view returns (Solvency memory books) {
        books.reserve = IERC20(certificates.currency()).balanceOf(address(certificates));
        (books.outstanding, books.fees) = liabilities(certificates, 1, certificates.seriesCount() + 1);
        books.owed = certificates.totalOwed();
        books.liabilities = books.outstanding + books.fees + books.owed;
        if (books.reserve >= books.liabilities) books.surplus = books.reserve - books.liabilities;
        else books.missing = books.liabilities - books.reserve;
    }

    /// @inheritdoc ICertificateLens
    function liabilities(IGiftCertificates certificates, uint256 fromSeriesId, uint256 toSeriesId)
        public
        view
        returns (uint256 outstanding, uint256 fees)
    {
        for (uint256 seriesId = fromSeriesId; seriesId < toSeriesId; ++seriesId) {
            ICertificateTypes.State memory series = certificates.state(seriesId);
            outstanding += series.outstanding;
            fees += series.feesAccrued;
        }
    }

    /// @inheritdoc ICertificateLens
    function refundable(IGiftCertificates certificates, address holder, uint256 seriesId)
        external
        view
        returns (ICertificateTypes.Right right, uint256 amount, uint256 payout)
    {
        return certificates.refundable(seriesId, holder);
    }

    /// @inheritdoc ICertificateLens
    function wallet(IGiftCertificates certificates, address holder, uint256[] calldata seriesIds)
        external
        view
        returns (Card[] memory cards)
    {
        cards = new Card[](seriesIds.length);
        for (uint256 i = 0; i < seriesIds.length; ++i) {
            Card memory card = cards[i];
            card.seriesId = seriesIds[i];
            (card.balance, card.spent, card.nonce) = certificates.account(card.seriesId, holder);
            (card.denomination, card.expiresAt, card.limitationAt,,, card.status) =
                certificates.cardFacts(card.seriesId);
            (card.right, card.refundAmount, card.refundPayout) =
                certificates.refundable(card.seriesId, holder);
        }
    }

    /// @inheritdoc ICertificateLens
    function quote(
        IGiftCertificates certificates,
        uint256 seriesId,
        address holder,
        uint256 amount,
        address merchant,
        uint64 order
    ) external view returns (Quote memory result) {
        if (seriesId == 0 || seriesId > certificates.seriesCount()) {
            result.failure = ICertificateTypes.GiftCertificates_UnknownSeries.selector;
            return result;
        }
        ICertificateTypes.Terms memory terms = certificates.terms(seriesId);
        (uint256 balance,,) = certificates.account(seriesId, holder);
        if (order != 0 && certificates.isOrderUsed(merchant, order)) {
            result.failure = ICertificateTypes.GiftCertificates_OrderUsed.selector;
        } else if (block.timestamp >= terms.expiresAt) {
            result.failure = ICertificateTypes.GiftCertificates_Expired.selector;
        } else if (!certificates.isMerchant(seriesId, merchant)) {
            result.failure = ICertificateTypes.GiftCertificates_NotMerchant.selector;
        } else if (amount == 0) {
            result.failure = ICertificateTypes.GiftCertificates_ZeroAmount.selector;
        } else if (amount > balance) {
            result.failure = ICertificateTypes.GiftCertificates_InsufficientBalance.selector;
        } else {
            result.fee = amount * terms.feeBps / BPS;
            result.payout = amount - result.fee;
        }
    }
}
