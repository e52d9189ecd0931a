// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICertificatePayments} from "../../interfaces/ICertificatePayments.sol";
import {IRedemptionReceiver} from "../../interfaces/IRedemptionReceiver.sol";
import {Redemptions} from "./Redemptions.sol";

/// @notice Several cards in one payment, to a merchant or into a service.
abstract contract Payments is Redemptions {
    bytes32 private constant PAYMENT_REQUEST_TYPEHASH = keccak256(
        "PaymentRequest(address merchant,address service,uint64 order,address currency,uint96 total,uint96 least,uint40 deadline,bytes data)"
    );

    /// @inheritdoc ICertificatePayments
    function pay(Payment calldata payment, Redemption[] calldata cards) external nonReentrant {
        require(cards.length != 0, GiftCertificates_NoCards());
        Run memory run = _start(payment);
        bytes memory done = _newRows(cards.length);
        IRedemptionReceiver.Portion[] memory portions = new IRedemptionReceiver.Portion[](cards.length);
        uint256 sum;
        uint256 payout;
        for (uint256 i = 0; i < cards.length; ++i) {
            payout += _redeemCard(run, cards[i], i == 0);
            require(run.order == payment.order, GiftCertificates_OrderDiffers(run.order, payment.order));
            sum += run.amount;
            portions[i] = IRedemptionReceiver.Portion(run.holder, run.seriesId, run.amount);
            _putRow(done, i, run);
        }
        _close(run);
        _complete(payment, sum, payout, portions, _cut(done, cards.length));
    }

    // -------------------------------------------------------------------------------------------------- internal

    function _start(Payment calldata payment) internal view returns (Run memory run) {
        _begin(run, payment.merchant, payment.payee, keccak256(payment.data));
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
        if (payment.order != 0) _checkRequest(payment, payee == address(0) ? merchant : payee, sum, payout);
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
    /// service and its data too, or a fake service could use up the order and pay nobody. And what arrives: who pays
    /// may choose a series of its own, whose fee it collects.
    function _checkRequest(Payment calldata payment, address payee, uint256 sum, uint256 payout) private {
        require(sum == payment.total, GiftCertificates_TotalDiffers(sum, payment.total));
        require(payout >= payment.least, GiftCertificates_PayoutBelowLeast(payout, payment.least));
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
                    payment.least,
                    payment.deadline,
                    keccak256(payment.data)
                )
            );
            _checkSignature(payee, structHash, payment.signature);
        }
        _useOrder(payee, payment.order);
    }
}
