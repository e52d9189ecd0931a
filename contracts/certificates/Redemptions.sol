// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICertificatePayments} from "../../interfaces/ICertificatePayments.sol";
import {IRedemptionReceiver} from "../../interfaces/IRedemptionReceiver.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Account, MAX_AMOUNT} from "../types/Account.sol";
import {Series, NAMED} from "../types/Series.sol";
import {Tokens} from "./Tokens.sol";

/// @notice Paying with certificates: face is burnt and the same amount of currency leaves, to a merchant or into a service,
/// in one transaction.
abstract contract Redemptions is Tokens {
    uint256 private constant BPS = 10_000;
    uint256 private constant ROW_BYTES = 16; // order 64 | nonce 64

    bytes32 private constant REDEMPTION_TYPEHASH = keccak256(
        "Redemption(address holder,uint256 seriesId,uint96 amount,address merchant,address payee,uint64 order,bytes data,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant PAYMENT_REQUEST_TYPEHASH = keccak256(
        "PaymentRequest(address merchant,address service,uint64 order,address currency,uint96 total,uint40 deadline,bytes data)"
    );
    bytes32 private constant NO_DATA = keccak256("");

    /// @notice Where the money of a call goes; the same for all its rows.
    struct Target {
        address merchant; // receives the currency
        address payee; // zero: the merchant; else the merchant is a service
        bytes32 dataHash;
    }

    /// @notice The series that a call is working on: read once, written back when the next row is of another.
    struct Page {
        uint256 seriesId;
        Series series;
        uint256 fees;
        bytes4 failure; // why no row of this series can pass
        uint256 value;
        uint256 bound;
    }

    /// @notice The word of the caller's orders that a batch is working on: consecutive numbers cost one write in 256.
    struct OrderWord {
        uint256 word;
        uint256 bits;
        bool loaded;
    }

    // ---------------------------------------------------------------------------------------------------- redeem

    /// @inheritdoc ICertificatePayments
    function redeem(uint256 seriesId, uint96 amount, address merchant) external nonReentrant {
        Target memory target = Target(merchant, address(0), NO_DATA);
        Page memory page;
        _open(page, seriesId, target);
        uint256 payout = _redeemOwn(page, msg.sender, amount, target);
        _close(page);
        _payOut(merchant, payout);
    }

    /// @inheritdoc ICertificatePayments
    function redeemSigned(Redemption calldata redemption) external nonReentrant {
        if (redemption.order != 0) _useOrder(msg.sender, redemption.order);
        Target memory target = Target(msg.sender, address(0), NO_DATA);
        Page memory page;
        _open(page, redemption.seriesId, target);
        uint256 payout = _redeemCard(page, redemption, target);
        _close(page);
        emit Redeemed((uint256(redemption.order) << 64) | _nonceOf(redemption));
        _payOut(msg.sender, payout);
    }

    /// @inheritdoc ICertificatePayments
    function redeemBatch(Redemption[] calldata rows) external nonReentrant returns (uint256 payout) {
        Target memory target = Target(msg.sender, address(0), NO_DATA);
        Page memory page;
        OrderWord memory orders;
        bytes memory done = new bytes(rows.length * ROW_BYTES);
        uint256 count;
        for (uint256 i = 0; i < rows.length; ++i) {
            Redemption calldata row = rows[i];
            if (row.seriesId != page.seriesId || i == 0) {
                _close(page);
                _open(page, row.seriesId, target);
            }
            (bytes4 failure, uint256 value, uint256 bound) = _isUsed(orders, row.order)
                ? (GiftCertificates_OrderUsed.selector, uint256(uint160(msg.sender)), uint256(row.order))
                : _checkCard(page, row, target);
            if (failure != 0) {
                emit RedemptionSkipped(i, failure, value, bound);
                continue;
            }
            if (row.order != 0) orders.bits |= 1 << (row.order & 0xff);
            payout += _settle(page, row.holder, row.amount, _nonceOf(row), target);
            _putRow(done, count++, row.order, _nonceOf(row));
        }
        _flush(orders);
        _close(page);
        assembly ("memory-safe") {
            mstore(done, mul(count, ROW_BYTES))
        }
        if (count != 0) emit RedeemedMany(done);
        _payOut(msg.sender, payout);
    }

    /// @inheritdoc ICertificatePayments
    function pay(Payment calldata payment, Redemption[] calldata cards) external nonReentrant {
        require(cards.length != 0, GiftCertificates_NoCards());
        Target memory target = _target(payment);
        Page memory page;
        bytes memory done = new bytes(cards.length * ROW_BYTES);
        IRedemptionReceiver.Portion[] memory portions = new IRedemptionReceiver.Portion[](cards.length);
        uint256 sum;
        uint256 payout;
        for (uint256 i = 0; i < cards.length; ++i) {
            Redemption calldata card = cards[i];
            require(card.order == payment.order, GiftCertificates_OrderDiffers(card.order, payment.order));
            if (card.seriesId != page.seriesId || i == 0) {
                _close(page);
                _open(page, card.seriesId, target);
            }
            payout += _redeemCard(page, card, target);
            sum += card.amount;
            portions[i] = IRedemptionReceiver.Portion(card.holder, card.seriesId, card.amount);
            _putRow(done, i, card.order, _nonceOf(card));
        }
        _close(page);
        _complete(payment, sum, payout, portions, done);
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICertificatePayments
    function isOrderUsed(address merchant, uint64 order) external view returns (bool) {
        return _usedOrders[merchant][order >> 8] & (1 << (order & 0xff)) != 0;
    }

    // -------------------------------------------------------------------------------------------------- internal

    function _target(Payment calldata payment) internal pure returns (Target memory) {
        return Target(payment.merchant, payment.payee, keccak256(payment.data));
    }

    /// @dev Check: everything that is the same for all rows of one series.
    function _open(Page memory page, uint256 seriesId, Target memory target) internal view {
        Series series = _series[seriesId];
        page.seriesId = seriesId;
        page.series = series;
        page.failure = 0;
        if (!series.exists()) {
            (page.failure, page.value) = (GiftCertificates_UnknownSeries.selector, seriesId);
        } else if (!_isAhead(series.expiresAt())) {
            (page.failure, page.value, page.bound) =
            (GiftCertificates_Expired.selector, seriesId, series.expiresAt());
        } else if (!_isMerchant(seriesId, series, target.merchant)) {
            (page.failure, page.value, page.bound) =
            (GiftCertificates_NotMerchant.selector, seriesId, uint160(target.merchant));
        } else if (target.payee != address(0)) {
            if (!_isMerchant(seriesId, series, target.payee)) {
                (page.failure, page.value, page.bound) =
                (GiftCertificates_NotMerchant.selector, seriesId, uint160(target.payee));
            } else if (!series.has(NAMED) && series.feeBps() != 0) {
                // Anybody's contract is a service of an open series: into a service, the fee could be dodged.
                (page.failure, page.value, page.bound) =
                (GiftCertificates_FeeBarsService.selector, seriesId, series.feeBps());
            }
        }
    }

    /// @dev Effect: the series' word and its fees, once for all rows that touched it.
    function _close(Page memory page) internal {
        if (page.seriesId == 0) return;
        if (page.failure == 0) _series[page.seriesId] = page.series;
        if (page.fees != 0) {
            _records[page.seriesId].feesAccrued += uint96(page.fees);
            page.fees = 0;
        }
    }

    /// @dev Check: one card. Every failure carries at most two values, so that a batch can report what a single payment
    /// reverts with.
    function _checkCard(Page memory page, Redemption calldata card, Target memory target)
        private
        view
        returns (bytes4 failure, uint256 value, uint256 bound)
    {
        (failure, value, bound) = _checkSpend(page, card.holder, card.amount);
        if (failure != 0) return (failure, value, bound);
        if (card.signature.length == 0) {
            if (card.holder == msg.sender) return (0, 0, 0);
            return (GiftCertificates_NotYourCard.selector, uint160(card.holder), uint160(msg.sender));
        }
        if (!_isAhead(card.deadline)) {
            return (GiftCertificates_DeadlinePassed.selector, card.deadline, block.timestamp);
        }
        uint256 watermark = _accounts[page.seriesId][card.holder].nonce();
        if (card.nonce <= watermark) return (GiftCertificates_NonceTooLow.selector, card.nonce, watermark);
        if (card.nonce > watermark + NONCE_WINDOW) {
            return (GiftCertificates_NonceTooHigh.selector, card.nonce, watermark + NONCE_WINDOW);
        }
        bytes32 digest = _hashTypedData(
            _redemptionHash(
                card.holder, page.seriesId, card.amount, target, card.order, card.nonce, card.deadline
            )
        );
        if (!Signatures.isValid(card.holder, digest, card.signature)) {
            return (GiftCertificates_InvalidSignature.selector, uint160(card.holder), uint256(digest));
        }
    }

    function _checkSpend(Page memory page, address holder, uint256 amount)
        private
        view
        returns (bytes4 failure, uint256 value, uint256 bound)
    {
        if (page.failure != 0) return (page.failure, page.value, page.bound);
        if (amount == 0) return (GiftCertificates_ZeroAmount.selector, page.seriesId, 0);
        Account held = _accounts[page.seriesId][holder];
        uint256 balance = held.balance();
        if (amount > balance) return (GiftCertificates_InsufficientBalance.selector, balance, amount);
        uint256 spent = held.spent();
        if (spent + amount > MAX_AMOUNT) return (GiftCertificates_Overflow.selector, spent, amount);
    }

    /// @dev Effect: burn the card's face; the fee is rounded down, in the merchant's favour.
    /// @param nonce 0 leaves the watermark alone
    /// @return payout what the merchant gets for it
    function _settle(Page memory page, address holder, uint256 amount, uint256 nonce, Target memory target)
        private
        returns (uint256 payout)
    {
        uint256 seriesId = page.seriesId;
        Account held = _accounts[seriesId][holder].spend(amount);
        _accounts[seriesId][holder] = nonce == 0 ? held : held.withNonce(nonce);
        page.series = page.series.burnFace(amount);
        payout = amount;
        if (target.payee != address(0)) {
            if (page.series.has(NAMED)) _placed[seriesId][target.merchant][holder] += amount;
        } else {
            uint256 feeBps = page.series.feeBps();
            if (feeBps != 0) {
                uint256 fee = amount * feeBps / BPS;
                page.fees += fee;
                payout -= fee;
            }
        }
        emit TransferSingle(target.merchant, holder, address(0), seriesId, amount);
    }

    /// @dev One card that passes or reverts, by signature or by its holder's own call.
    function _redeemCard(Page memory page, Redemption calldata card, Target memory target)
        private
        returns (uint256 payout)
    {
        (bytes4 failure, uint256 value, uint256 bound) = _checkCard(page, card, target);
        _require(failure, value, bound);
        return _settle(page, card.holder, card.amount, _nonceOf(card), target);
    }

    /// @dev One card whose holder's consent the caller has checked.
    function _redeemOwn(Page memory page, address holder, uint256 amount, Target memory target)
        internal
        returns (uint256 payout)
    {
        (bytes4 failure, uint256 value, uint256 bound) = _checkSpend(page, holder, amount);
        _require(failure, value, bound);
        return _settle(page, holder, amount, 0, target);
    }

    /// @dev Interaction: the order is used up, the money leaves, and a service is told.
    function _complete(
        Payment calldata payment,
        uint256 sum,
        uint256 payout,
        IRedemptionReceiver.Portion[] memory portions,
        bytes memory rows
    ) internal {
        (address merchant, address payee) = (payment.merchant, payment.payee);
        if (payment.order != 0) _checkRequest(payment, payee == address(0) ? merchant : payee, sum);
        emit RedeemedMany(rows);
        if (payee == address(0)) {
            _payOut(merchant, payout);
            return;
        }
        emit RedeemedInto(merchant, payee, payment.data);
        _payNow(merchant, payout);
        bytes4 answer =
            IRedemptionReceiver(merchant).onRedemption(payee, payout, payment.order, portions, payment.data);
        require(
            answer == IRedemptionReceiver.onRedemption.selector,
            GiftCertificates_ServiceRefused(merchant, answer)
        );
    }

    /// @dev An order belongs to whom it pays: only that account, or its signature, uses one up. The request binds the
    /// service and its data too, or a fake service could use up the order and pay nobody.
    function _checkRequest(Payment calldata payment, address payee, uint256 sum) private {
        require(sum == payment.total, GiftCertificates_TotalDiffers(sum, payment.total));
        if (msg.sender != payee) {
            _checkDeadline(payment.deadline);
            bytes32 structHash = keccak256(
                abi.encode(
                    PAYMENT_REQUEST_TYPEHASH,
                    payee,
                    payment.payee == address(0) ? address(0) : payment.merchant,
                    payment.order,
                    _currency,
                    payment.total,
                    payment.deadline,
                    keccak256(payment.data)
                )
            );
            _checkSignature(payee, structHash, payment.signature);
        }
        _useOrder(payee, payment.order);
    }

    function _redemptionHash(
        address holder,
        uint256 seriesId,
        uint256 amount,
        Target memory target,
        uint256 order,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                REDEMPTION_TYPEHASH,
                holder,
                seriesId,
                amount,
                target.merchant,
                target.payee,
                order,
                target.dataHash,
                nonce,
                deadline
            )
        );
    }

    function _putRow(bytes memory rows, uint256 index, uint256 order, uint256 nonce) internal pure {
        assembly ("memory-safe") {
            // The rows lie in allocated memory and `index` is below their number: the upper half of the word belongs to
            // the next row, or to the zero padding, and is written back as it was.
            let at := add(add(rows, 0x20), mul(index, ROW_BYTES))
            mstore(
                at,
                or(shl(192, order), or(shl(128, nonce), and(mload(at), 0xffffffffffffffffffffffffffffffff)))
            )
        }
    }

    function _nonceOf(Redemption calldata card) private pure returns (uint256) {
        return card.signature.length == 0 ? 0 : card.nonce;
    }

    /// @dev Loads the word of `order` first, and writes the one before it back.
    function _isUsed(OrderWord memory orders, uint256 order) private returns (bool) {
        if (order == 0) return false;
        if (!orders.loaded || orders.word != order >> 8) {
            _flush(orders);
            orders.word = order >> 8;
            orders.bits = _usedOrders[msg.sender][orders.word];
            orders.loaded = true;
        }
        return orders.bits & (1 << (order & 0xff)) != 0;
    }

    function _flush(OrderWord memory orders) private {
        if (orders.loaded) _usedOrders[msg.sender][orders.word] = orders.bits;
    }

    function _useOrder(address merchant, uint256 order) private {
        uint256 bits = _usedOrders[merchant][order >> 8];
        uint256 mask = 1 << (order & 0xff);
        require(bits & mask == 0, GiftCertificates_OrderUsed(merchant, order));
        _usedOrders[merchant][order >> 8] = bits | mask;
    }

    /// @dev Reverts with the custom error of that selector; the two errors that carry one value leave `bound` out.
    function _require(bytes4 failure, uint256 value, uint256 bound) private pure {
        if (failure == 0) return;
        uint256 length = failure == GiftCertificates_ZeroAmount.selector
            || failure == GiftCertificates_UnknownSeries.selector
            ? 0x24
            : 0x44;
        assembly ("memory-safe") {
            mstore(0x00, failure)
            mstore(0x04, value)
            mstore(0x24, bound) // reaches into the free memory pointer, which nobody reads again
            revert(0x00, length)
        }
    }
}
