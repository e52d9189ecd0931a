// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICertificateSales} from "../../interfaces/ICertificateSales.sol";
import {SalesReserve} from "./SalesReserve.sol";

/// @notice Issue by a payment processor's signed receipt, exactly once for each payment.
abstract contract Receipts is SalesReserve {
    bytes32 private constant RECEIPT_TYPEHASH = keccak256(
        "Receipt(uint256 seriesId,address recipient,uint96 amount,address payer,bytes32 paymentId,uint40 deadline)"
    );

    mapping(address issuer => address) private _receiptSigners;
    mapping(address issuer => mapping(bytes32 paymentId => bool)) private _usedPayments;

    /// @inheritdoc ICertificateSales
    function setReceiptSigner(address signer) external {
        _receiptSigners[msg.sender] = signer;
        emit ReceiptSignerSet(msg.sender, signer);
    }

    /// @inheritdoc ICertificateSales
    function issueByReceipt(Receipt calldata receipt, bytes calldata signature) external nonReentrant {
        require(msg.sender == receipt.payer, CertificateSales_NotPayer(msg.sender, receipt.payer));
        address issuer = _state(receipt.seriesId).issuer;
        require(
            !_usedPayments[issuer][receipt.paymentId], CertificateSales_PaymentUsed(issuer, receipt.paymentId)
        );
        _checkDeadline(receipt.deadline);
        _checkSignature(receiptSigner(issuer), keccak256(abi.encode(RECEIPT_TYPEHASH, receipt)), signature);
        _usedPayments[issuer][receipt.paymentId] = true;
        emit IssuedByReceipt(
            issuer, receipt.paymentId, receipt.seriesId, receipt.recipient, receipt.payer, receipt.amount
        );
        _pull(receipt.payer, receipt.amount);
        _issue(receipt.seriesId, receipt.recipient, receipt.amount);
    }

    /// @inheritdoc ICertificateSales
    function isPaymentUsed(address issuer, bytes32 paymentId) external view returns (bool) {
        return _usedPayments[issuer][paymentId];
    }

    /// @inheritdoc ICertificateSales
    function receiptSigner(address issuer) public view returns (address signer) {
        signer = _receiptSigners[issuer];
        if (signer == address(0)) signer = issuer;
    }
}
