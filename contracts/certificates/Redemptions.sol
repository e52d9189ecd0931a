// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICertificatePayments} from "../../interfaces/ICertificatePayments.sol";
import {Account, MAX_AMOUNT} from "../types/Account.sol";
import {Series} from "../types/Series.sol";
import {SignedCards} from "./SignedCards.sol";

/// @notice Paying a merchant with certificates: face is burnt and the same amount of currency leaves, in one transaction.
abstract contract Redemptions is SignedCards {
    uint256 private constant NO_WORD = type(uint256).max; // order numbers have 64 bits

    /// @notice The word of the caller's orders that a batch is working on: consecutive numbers cost one write in 256.
    struct OrderWord {
        uint256 word; // its number, `NO_WORD` before the first
        uint256 bits;
        uint256 mask; // of the order at hand, 0 for none
    }

    /// @inheritdoc ICertificatePayments
    function redeem(uint256 seriesId, uint96 amount, address merchant) external nonReentrant {
        // The common case on its own: the checks of `_open` and `_checkSpend`, without what they leave for later rows.
        SeriesWord storage place = _series[seriesId];
        Series series = place.word;
        require(series.exists(), GiftCertificates_UnknownSeries(seriesId));
        uint256 expiry = series.expiresAt();
        require(_isAhead(expiry), GiftCertificates_Expired(seriesId, expiry));
        require(_isMerchant(seriesId, series, merchant), GiftCertificates_NotMerchant(seriesId, merchant));
        require(amount != 0, GiftCertificates_ZeroAmount(seriesId));
        Holding storage holding = _accounts[seriesId][msg.sender];
        Account held = holding.account;
        uint256 limit = held.balance();
        require(amount <= limit, GiftCertificates_InsufficientBalance(limit, amount));
        limit = held.spent();
        require(limit + amount <= MAX_AMOUNT, GiftCertificates_Overflow(limit, amount));

        holding.account = held.spend(amount);
        place.word = series.burnFace(amount);
        _logTransfer(merchant, msg.sender, address(0), seriesId, amount);
        uint256 fee = series.feeBps();
        if (fee != 0) {
            fee = amount * fee / BPS;
            _records[seriesId].feesAccrued += uint96(fee);
        }
        _payOut(merchant, amount - fee);
    }

    /// @inheritdoc ICertificatePayments
    function redeemSigned(Redemption calldata redemption) external nonReentrant {
        (uint256 row, uint256 payout) = _redeemCommon(redemption);
        if (row == 0) (row, payout) = _redeemOther(redemption);
        if (row >> 64 != 0) _useOrder(msg.sender, row >> 64);
        emit Redeemed(row);
        _payOut(msg.sender, payout);
    }

    /// @inheritdoc ICertificatePayments
    function redeemBatch(Redemption[] calldata rows) external nonReentrant returns (uint256 payout) {
        Run memory run;
        _begin(run, msg.sender, address(0), NO_DATA);
        OrderWord memory orders;
        orders.word = NO_WORD;
        bytes memory done = _newRows(rows.length);
        uint256 count;
        for (uint256 i = 0; i < rows.length; ++i) {
            Redemption calldata row = rows[i];
            bytes calldata signature = _read(run, row, i == 0);
            bool used = _isUsed(orders, run.order);
            if (used || !_isGood(run, signature)) {
                (bytes4 failure, uint256 value, uint256 bound) = used
                    ? (GiftCertificates_OrderUsed.selector, uint256(uint160(msg.sender)), run.order)
                    : _checkCard(run, signature);
                if (failure != 0) {
                    emit RedemptionSkipped(i, failure, value, bound);
                    continue;
                }
            }
            orders.bits |= orders.mask;
            unchecked {
                // Payouts are parts of 96-bit balances, and there are fewer rows than bytes of calldata.
                payout += _settle(run);
                _putRow(done, count++, run);
            }
        }
        _flush(orders);
        _close(run);
        if (count != 0) emit RedeemedMany(_cut(done, count));
        _payOut(msg.sender, payout);
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICertificatePayments
    function isOrderUsed(address merchant, uint64 order) external view returns (bool) {
        return _usedOrders[merchant][order >> 8].word & (1 << (order & 0xff)) != 0;
    }

    // -------------------------------------------------------------------------------------------------- internal

    /// @dev The card that `_redeemCommon` declined, in a run of its own.
    function _redeemOther(Redemption calldata card) private returns (uint256 row, uint256 payout) {
        Run memory run;
        _begin(run, msg.sender, address(0), NO_DATA);
        payout = _redeemCard(run, card, true);
        _close(run);
        row = (run.order << 64) | run.nonce;
    }

    /// @dev Loads the word of `order` first, and writes the one before it back.
    function _isUsed(OrderWord memory orders, uint256 order) private returns (bool) {
        if (order == 0) {
            orders.mask = 0;
            return false;
        }
        uint256 word = order >> 8;
        if (orders.word != word) {
            _flush(orders);
            orders.word = word;
            orders.bits = _usedOrders[msg.sender][word].word;
        }
        uint256 mask = 1 << (order & 0xff);
        orders.mask = mask;
        return orders.bits & mask != 0;
    }

    function _flush(OrderWord memory orders) private {
        if (orders.word != NO_WORD) _usedOrders[msg.sender][orders.word].word = orders.bits;
    }

    function _useOrder(address merchant, uint256 order) internal {
        Word storage used = _usedOrders[merchant][order >> 8];
        uint256 bits = used.word;
        uint256 mask = 1 << (order & 0xff);
        require(bits & mask == 0, GiftCertificates_OrderUsed(merchant, order));
        used.word = bits | mask;
    }
}
