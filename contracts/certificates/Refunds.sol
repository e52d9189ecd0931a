// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {ICertificateBackOffice} from "../../interfaces/ICertificateBackOffice.sol";
import {RefundRules} from "../libraries/RefundRules.sol";
import {Account, MAX_AMOUNT} from "../types/Account.sol";
import {Series, NAMED, WOUND_DOWN, CONVERTIBLE, CASH_OUT_UNUSED} from "../types/Series.sol";
import {Authorizations} from "./Authorizations.sol";

/// @notice Money back to the holder, as far as the terms grant it.
abstract contract Refunds is ICertificateBackOffice, Authorizations {
    bytes32 private constant CANCELLATION_TYPEHASH =
        keccak256("Cancellation(address holder,uint256 seriesId,uint64 nonce,uint40 deadline)");
    bytes32 private constant OWED_WITHDRAWAL_TYPEHASH =
        keccak256("OwedWithdrawal(address payee,address to,uint64 nonce,uint40 deadline)");
    bytes32 private constant REFUND_TYPEHASH = keccak256(
        "Refund(address holder,uint256 seriesId,uint96 amount,uint256 minPayout,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant CONVERSION_TYPEHASH = keccak256(
        "Conversion(address holder,uint256 fromSeriesId,uint256 toSeriesId,uint96 amount,uint64 nonce,uint40 deadline)"
    );

    /// @inheritdoc ICertificateBackOffice
    function refund(
        address holder,
        uint256 seriesId,
        uint96 amount,
        uint256 minPayout,
        Authorization calldata authorization
    ) external nonReentrant returns (uint256 payout) {
        Series series = _known(seriesId);
        _checkLimitation(seriesId, series.limitationAt());
        _authorize(
            holder,
            seriesId,
            keccak256(
                abi.encode(
                    REFUND_TYPEHASH,
                    holder,
                    seriesId,
                    amount,
                    minPayout,
                    authorization.nonce,
                    authorization.deadline
                )
            ),
            authorization
        );
        (Right right, uint256 entitled, uint256 shareBps) = _entitlement(seriesId, series, holder);
        require(amount <= entitled, GiftCertificates_OverEntitlement(amount, entitled));
        _burn(holder, seriesId, amount);
        if (right == Right.Remainder || right == Right.SmallRest) {
            UseWord storage place = _uses[seriesId][holder];
            place.use = place.use.close(_accounts[seriesId][holder].account.spent());
        }

        payout = amount * shareBps / RefundRules.BPS;
        require(payout >= minPayout, GiftCertificates_UnderMinimum(payout, minPayout));
        emit Refunded(seriesId, holder, right, amount, payout);
        // Owed, not paid: a beneficiary can't stand in the way of a refund.
        _owe(_records[seriesId].beneficiary, amount - payout);
        _payOut(holder, payout);
    }

    /// @inheritdoc ICertificateBackOffice
    function convertExpired(
        address holder,
        uint256 fromSeriesId,
        uint256 toSeriesId,
        uint96 amount,
        Authorization calldata authorization
    ) external nonReentrant {
        Series from = _known(fromSeriesId);
        _checkLimitation(fromSeriesId, from.limitationAt());
        require(!_isAhead(from.expiresAt()), GiftCertificates_NotExpired(fromSeriesId, from.expiresAt()));
        Series to = _known(toSeriesId);
        require(
            from.has(CONVERTIBLE) && to.has(NAMED) && !to.has(WOUND_DOWN | CASH_OUT_UNUSED)
                && _isAhead(to.salesCloseAt())
                && _grantsNoMoreCash(_records[fromSeriesId], _records[toSeriesId]),
            GiftCertificates_NotConvertible(fromSeriesId, toSeriesId)
        );
        _authorize(
            holder,
            fromSeriesId,
            keccak256(
                abi.encode(
                    CONVERSION_TYPEHASH,
                    holder,
                    fromSeriesId,
                    toSeriesId,
                    amount,
                    authorization.nonce,
                    authorization.deadline
                )
            ),
            authorization
        );
        _burn(holder, fromSeriesId, amount);
        _addFace(toSeriesId, amount);
        _credit(msg.sender, holder, toSeriesId, amount);
        emit Converted(fromSeriesId, toSeriesId, holder, amount);
        ERC1155Utils.checkOnERC1155Received(msg.sender, address(0), holder, toSeriesId, amount, "");
    }

    /// @inheritdoc ICertificateBackOffice
    function cancelAuthorizations(address holder, uint256 seriesId, Authorization calldata authorization)
        external
    {
        if (!_authorize(
                holder,
                seriesId,
                keccak256(
                    abi.encode(
                        CANCELLATION_TYPEHASH, holder, seriesId, authorization.nonce, authorization.deadline
                    )
                ),
                authorization
            )) _useNonce(holder, seriesId, authorization.nonce);
    }

    /// @inheritdoc ICertificateBackOffice
    function withdrawOwed(address payee, address to, Authorization calldata authorization)
        external
        nonReentrant
        returns (uint256 amount)
    {
        require(to != address(0) && to != address(this), GiftCertificates_ZeroAddress());
        _authorize(
            payee,
            0,
            keccak256(
                abi.encode(OWED_WITHDRAWAL_TYPEHASH, payee, to, authorization.nonce, authorization.deadline)
            ),
            authorization
        );
        amount = _owed[payee];
        require(amount != 0, GiftCertificates_NothingOwed(payee));
        _owed[payee] = 0;
        _totalOwed -= amount;
        emit OwedPaid(payee, to, amount);
        _payNow(to, amount);
    }

    /// @inheritdoc ICertificateBackOffice
    function refundable(uint256 seriesId, address holder)
        external
        view
        returns (Right right, uint256 amount, uint256 payout)
    {
        Series series = _known(seriesId);
        uint256 shareBps;
        (right, amount, shareBps) = _entitlement(seriesId, series, holder);
        payout = amount * shareBps / RefundRules.BPS;
    }

    /// @inheritdoc ICertificateBackOffice
    function owed(address payee) external view returns (uint256) {
        return _owed[payee];
    }

    /// @inheritdoc ICertificateBackOffice
    function totalOwed() external view returns (uint256) {
        return _totalOwed;
    }

    /// @dev Credit stays credit: the target is the same issuer's and grants no right to cash, before or after expiry, that
    /// the expired series did not. A share of use means the same for every denomination, a small rest does not.
    function _grantsNoMoreCash(SeriesRecord storage from, SeriesRecord storage to)
        private
        view
        returns (bool)
    {
        return from.issuer == to.issuer && to.fullRefundFrom == 0 && to.postExpiryBps <= from.postExpiryBps
            && (to.useThresholdBps == 0
                || (from.useThresholdBps != 0 && to.useThresholdBps >= from.useThresholdBps))
            && (to.cashOutBelow == 0
                || (to.cashOutFrom >= from.cashOutFrom
                    && to.cashOutBelow <= from.cashOutBelow
                    && to.denomination >= from.denomination));
    }

    /// @dev Face that is given up counts as spent.
    function _burn(address holder, uint256 seriesId, uint256 amount) private {
        require(amount != 0, GiftCertificates_ZeroAmount(seriesId));
        Holding storage holding = _accounts[seriesId][holder];
        Account held = holding.account;
        require(amount <= held.balance(), GiftCertificates_InsufficientBalance(held.balance(), amount));
        require(held.spent() + amount <= MAX_AMOUNT, GiftCertificates_Overflow(held.spent(), amount));
        holding.account = held.spend(amount);
        _series[seriesId].word = _series[seriesId].word.burnFace(amount);
        _logTransfer(msg.sender, holder, address(0), seriesId, amount);
    }

    function _entitlement(uint256 seriesId, Series series, address holder)
        private
        view
        returns (Right right, uint256 amount, uint256 shareBps)
    {
        return RefundRules.entitlement(
            _rules(seriesId, series),
            _accounts[seriesId][holder].account,
            _uses[seriesId][holder].use.returnable(),
            block.timestamp
        );
    }

    function _rules(uint256 seriesId, Series series) private view returns (RefundRules.Rules memory) {
        SeriesRecord storage record = _records[seriesId];
        return RefundRules.Rules({
            expiresAt: series.expiresAt(),
            limitationAt: series.limitationAt(),
            fullRefundFrom: record.fullRefundFrom,
            denomination: record.denomination,
            useThresholdBps: record.useThresholdBps,
            postExpiryBps: record.postExpiryBps,
            cashOutFrom: record.cashOutFrom,
            cashOutBelow: record.cashOutBelow,
            cashOutUnused: series.has(CASH_OUT_UNUSED)
        });
    }
}
