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

    /// @notice What one call works on. `merchant`, `payee` and `dataHash` are the same for all its rows; the series is read
    /// once and written back when the next row is of another.
    struct Run {
        address merchant; // receives the currency
        address payee; // zero: the merchant; else the merchant is a service
        bytes32 dataHash;
        uint256 seriesId;
        Series series;
        uint256 fees;
        bytes4 failure; // why no row of this series can pass
        uint256 value;
        uint256 bound;
        // The card at hand, read and validated once.
        address holder;
        uint256 amount;
        uint256 order;
        uint256 nonce; // 0 without a signature
        uint256 deadline;
        uint256 slot; // of its account
        Account held; // its account, the nonce used up
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
        // The common case on its own: the checks of `_open` and `_checkSpend`, without what they leave for later rows.
        Series series = _known(seriesId);
        uint256 expiry = series.expiresAt();
        require(_isAhead(expiry), GiftCertificates_Expired(seriesId, expiry));
        require(_isMerchant(seriesId, series, merchant), GiftCertificates_NotMerchant(seriesId, merchant));
        require(amount != 0, GiftCertificates_ZeroAmount(seriesId));
        Account held = _accounts[seriesId][msg.sender];
        uint256 limit = held.balance();
        require(amount <= limit, GiftCertificates_InsufficientBalance(limit, amount));
        limit = held.spent();
        require(limit + amount <= MAX_AMOUNT, GiftCertificates_Overflow(limit, amount));

        _accounts[seriesId][msg.sender] = held.spend(amount);
        _series[seriesId] = series.burnFace(amount);
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
        Run memory run;
        (run.merchant, run.dataHash) = (msg.sender, NO_DATA);
        uint256 payout = _redeemCard(run, redemption, true);
        _close(run);
        if (run.order != 0) _useOrder(msg.sender, run.order);
        emit Redeemed((run.order << 64) | run.nonce);
        _payOut(msg.sender, payout);
    }

    /// @inheritdoc ICertificatePayments
    function redeemBatch(Redemption[] calldata rows) external nonReentrant returns (uint256 payout) {
        Run memory run;
        (run.merchant, run.dataHash) = (msg.sender, NO_DATA);
        OrderWord memory orders;
        bytes memory done = new bytes(rows.length * ROW_BYTES);
        uint256 count;
        for (uint256 i = 0; i < rows.length; ++i) {
            Redemption calldata row = rows[i];
            bytes calldata signature = _read(run, row, i == 0);
            (bytes4 failure, uint256 value, uint256 bound) = _isUsed(orders, run.order)
                ? (GiftCertificates_OrderUsed.selector, uint256(uint160(msg.sender)), run.order)
                : _checkCard(run, row, signature);
            if (failure != 0) {
                emit RedemptionSkipped(i, failure, value, bound);
                continue;
            }
            if (run.order != 0) orders.bits |= 1 << (run.order & 0xff);
            payout += _settle(run);
            _putRow(done, count++, run.order, run.nonce);
        }
        _flush(orders);
        _close(run);
        assembly ("memory-safe") {
            mstore(done, mul(count, ROW_BYTES))
        }
        if (count != 0) emit RedeemedMany(done);
        _payOut(msg.sender, payout);
    }

    /// @inheritdoc ICertificatePayments
    function pay(Payment calldata payment, Redemption[] calldata cards) external nonReentrant {
        require(cards.length != 0, GiftCertificates_NoCards());
        Run memory run = _start(payment);
        bytes memory done = new bytes(cards.length * ROW_BYTES);
        IRedemptionReceiver.Portion[] memory portions = new IRedemptionReceiver.Portion[](cards.length);
        uint256 sum;
        uint256 payout;
        for (uint256 i = 0; i < cards.length; ++i) {
            payout += _redeemCard(run, cards[i], i == 0);
            require(run.order == payment.order, GiftCertificates_OrderDiffers(run.order, payment.order));
            sum += run.amount;
            portions[i] = IRedemptionReceiver.Portion(run.holder, run.seriesId, run.amount);
            _putRow(done, i, run.order, run.nonce);
        }
        _close(run);
        _complete(payment, sum, payout, portions, done);
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICertificatePayments
    function isOrderUsed(address merchant, uint64 order) external view returns (bool) {
        return _usedOrders[merchant][order >> 8] & (1 << (order & 0xff)) != 0;
    }

    // -------------------------------------------------------------------------------------------------- internal

    function _start(Payment calldata payment) internal pure returns (Run memory run) {
        (run.merchant, run.payee, run.dataHash) = (payment.merchant, payment.payee, keccak256(payment.data));
    }

    /// @dev Check: everything that is the same for all rows of one series.
    function _open(Run memory run, uint256 seriesId) internal view {
        Series series = _series[seriesId];
        (run.seriesId, run.series, run.failure) = (seriesId, series, 0);
        if (!series.exists()) {
            _fail(run, GiftCertificates_UnknownSeries.selector, 0);
        } else if (!_isAhead(series.expiresAt())) {
            _fail(run, GiftCertificates_Expired.selector, series.expiresAt());
        } else if (run.payee == address(0)) {
            if (!_isMerchant(seriesId, series, run.merchant)) {
                _fail(run, GiftCertificates_NotMerchant.selector, uint160(run.merchant));
            }
        } else if (!_isService(seriesId, series, run.merchant)) {
            _fail(run, GiftCertificates_NotService.selector, uint160(run.merchant));
        } else if (run.payee != run.merchant && !_isMerchant(seriesId, series, run.payee)) {
            _fail(run, GiftCertificates_NotMerchant.selector, uint160(run.payee));
        } else if (!series.has(NAMED) && series.feeBps() != 0) {
            // Anybody's contract is a service of an open series: into a service, the fee could be dodged.
            _fail(run, GiftCertificates_FeeBarsService.selector, series.feeBps());
        }
    }

    /// @dev Effect: the series' word and its fees, once for all rows that touched it.
    function _close(Run memory run) internal {
        if (run.seriesId == 0 || run.failure != 0) return;
        _series[run.seriesId] = run.series;
        if (run.fees != 0) {
            _records[run.seriesId].feesAccrued += uint96(run.fees);
            run.fees = 0;
        }
    }

    /// @dev Reads a card into the run, and its series when it is another than the last card's.
    /// @return signature empty when the holder must be the caller
    function _read(Run memory run, Redemption calldata card, bool first)
        private
        returns (bytes calldata signature)
    {
        signature = card.signature;
        uint256 seriesId = card.seriesId;
        assembly ("memory-safe") {
            let holder := calldataload(card)
            let amount := calldataload(add(card, 0x40))
            let order := calldataload(add(card, 0x60))
            let nonce := calldataload(add(card, 0x80))
            let deadline := calldataload(add(card, 0xa0))
            // As the ABI decoder does: no value may reach beyond its type.
            if or(
                or(shr(160, holder), shr(96, amount)),
                or(or(shr(64, order), shr(64, nonce)), shr(40, deadline))
            ) {
                revert(0, 0)
            }
            mstore(add(run, 0x120), holder)
            mstore(add(run, 0x140), amount)
            mstore(add(run, 0x160), order)
            mstore(add(run, 0x180), mul(nonce, iszero(iszero(signature.length))))
            mstore(add(run, 0x1a0), deadline)
        }
        if (first || seriesId != run.seriesId) {
            _close(run);
            _open(run, seriesId);
        }
    }

    /// @dev Check: the card that was read. Every failure carries at most two values, so that a batch can report what a
    /// single payment reverts with. Leaves the account, its nonce used up, in `run.held`.
    function _checkCard(Run memory run, Redemption calldata card, bytes calldata signature)
        private
        view
        returns (bytes4 failure, uint256 value, uint256 bound)
    {
        (failure, value, bound) = _checkSpend(run);
        if (failure != 0) return (failure, value, bound);
        address holder = run.holder;
        if (signature.length == 0) {
            if (holder == msg.sender) return (0, 0, 0);
            return (GiftCertificates_NotYourCard.selector, uint160(holder), uint160(msg.sender));
        }
        if (!_isAhead(run.deadline)) {
            return (GiftCertificates_DeadlinePassed.selector, run.deadline, block.timestamp);
        }
        value = run.nonce;
        bound = run.held.nonce();
        if (value <= bound) return (GiftCertificates_NonceTooLow.selector, value, bound);
        bound += NONCE_WINDOW;
        if (value > bound) return (GiftCertificates_NonceTooHigh.selector, value, bound);
        run.held = run.held.withNonce(value);
        bytes32 digest = _hashTypedData(_cardHash(run, card));
        if (!Signatures.isValid(holder, digest, signature)) {
            return (GiftCertificates_InvalidSignature.selector, uint160(holder), uint256(digest));
        }
        return (0, 0, 0);
    }

    /// @dev Check: the series, the amount and the balance. Leaves the account in `run.held`.
    function _checkSpend(Run memory run) private view returns (bytes4 failure, uint256 value, uint256 bound) {
        if (run.failure != 0) return (run.failure, run.value, run.bound);
        uint256 amount = run.amount;
        if (amount == 0) return (GiftCertificates_ZeroAmount.selector, run.seriesId, 0);
        mapping(address => Account) storage accounts = _accounts[run.seriesId];
        Account held;
        assembly ("memory-safe") {
            mstore(0x00, mload(add(run, 0x120))) // holder
            mstore(0x20, accounts.slot)
            let slot := keccak256(0x00, 0x40)
            held := sload(slot)
            mstore(add(run, 0x1c0), slot)
            mstore(add(run, 0x1e0), held)
        }
        uint256 balance = held.balance();
        if (amount > balance) return (GiftCertificates_InsufficientBalance.selector, balance, amount);
        uint256 spent = held.spent();
        if (spent + amount > MAX_AMOUNT) return (GiftCertificates_Overflow.selector, spent, amount);
    }

    /// @dev Effect: burn the face of the card that was checked last; the fee is rounded down, in the merchant's favour.
    /// @return payout what the merchant gets for it
    function _settle(Run memory run) private returns (uint256 payout) {
        uint256 amount = run.amount;
        Account held = run.held.spend(amount);
        Series series = run.series.burnFace(amount);
        run.series = series;
        payout = amount;
        if (run.payee != address(0)) {
            if (series.has(NAMED)) _placed[run.seriesId][run.merchant][run.holder] += amount;
        } else {
            uint256 feeBps = series.feeBps();
            if (feeBps != 0) {
                uint256 fee = amount * feeBps / BPS;
                run.fees += fee;
                payout -= fee;
            }
        }
        uint256 slot = run.slot;
        assembly ("memory-safe") {
            sstore(slot, held)
        }
        _logTransfer(run.merchant, run.holder, address(0), run.seriesId, amount);
    }

    /// @dev One card that passes or reverts, by signature or by its holder's own call.
    function _redeemCard(Run memory run, Redemption calldata card, bool first)
        private
        returns (uint256 payout)
    {
        bytes calldata signature = _read(run, card, first);
        (bytes4 failure, uint256 value, uint256 bound) = _checkCard(run, card, signature);
        if (failure != 0) _revert(failure, value, bound);
        return _settle(run);
    }

    /// @dev One card whose holder's consent the caller has checked.
    function _redeemOwn(Run memory run, address holder, uint256 amount) internal returns (uint256 payout) {
        (run.holder, run.amount) = (holder, amount);
        (bytes4 failure, uint256 value, uint256 bound) = _checkSpend(run);
        if (failure != 0) _revert(failure, value, bound);
        return _settle(run);
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
        _payInto(merchant, payout);
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

    /// @dev Struct hash of a card's `Redemption`. Its members were validated when they were read.
    function _cardHash(Run memory run, Redemption calldata card) private pure returns (bytes32 structHash) {
        bytes32 typehash = REDEMPTION_TYPEHASH;
        assembly ("memory-safe") {
            let words := mload(0x40) // unclaimed memory: the next allocation overwrites it
            mstore(words, typehash)
            calldatacopy(add(words, 0x20), card, 0x60) // holder, seriesId, amount
            mstore(add(words, 0x80), mload(run)) // merchant
            mstore(add(words, 0xa0), mload(add(run, 0x20))) // payee
            calldatacopy(add(words, 0xc0), add(card, 0x60), 0x20) // order
            mstore(add(words, 0xe0), mload(add(run, 0x40))) // dataHash
            calldatacopy(add(words, 0x100), add(card, 0x80), 0x40) // nonce, deadline
            structHash := keccak256(words, 0x140)
        }
    }

    /// @dev The same of a payment out of a gift: nonce 0, deadline 0.
    function _giftPaymentHash(Run memory run, address holder, uint256 seriesId, uint256 amount, uint256 order)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                REDEMPTION_TYPEHASH,
                holder,
                seriesId,
                amount,
                run.merchant,
                run.payee,
                order,
                run.dataHash,
                uint256(0),
                uint256(0)
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

    function _fail(Run memory run, bytes4 failure, uint256 bound) private pure {
        (run.failure, run.value, run.bound) = (failure, run.seriesId, bound);
    }

    /// @dev Reverts with the custom error of that selector; the two errors that carry one value leave `bound` out.
    function _revert(bytes4 failure, uint256 value, uint256 bound) private pure {
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
