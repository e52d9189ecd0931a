// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICertificateSales} from "../../interfaces/ICertificateSales.sol";
import {IRedemptionReceiver} from "../../interfaces/IRedemptionReceiver.sol";
import {Purchases} from "./Purchases.sol";

/// @notice Withdrawing from a purchase: the face comes back as a redemption into this contract, and everybody gets back what
/// they gave: face + premium = paid + discount.
abstract contract Withdrawals is Purchases {
    /// @inheritdoc IRedemptionReceiver
    /// @dev `data` is the ABI-encoded purchase id.
    function onRedemption(
        address payee,
        uint256 amount,
        uint64,
        Portion[] calldata portions,
        bytes calldata data
    ) external nonReentrant returns (bytes4) {
        require(msg.sender == address(_certificates), CertificateSales_NotCertificates(msg.sender));
        require(payee == address(this), CertificateSales_WrongPayee(payee));
        require(portions.length == 1, CertificateSales_NotOneCard(portions.length));
        uint256 purchaseId = abi.decode(data, (uint256));
        Purchase storage record = _bought(purchaseId);
        (address buyer, uint96 face) = (record.buyer, record.face);
        (address holder, uint256 seriesId) = (portions[0].holder, portions[0].seriesId);
        require(holder == buyer, CertificateSales_NotBuyersCard(holder, buyer));
        require(seriesId == record.seriesId, CertificateSales_OtherSeries(seriesId, record.seriesId));
        require(amount == face, CertificateSales_FaceDiffers(amount, face));
        require(!record.withdrawn, CertificateSales_AlreadyWithdrawn(purchaseId));
        require(
            block.timestamp < record.withdrawUntil,
            CertificateSales_WithdrawalClosed(purchaseId, record.withdrawUntil, block.timestamp)
        );
        _checkUnbooked(face);

        _withdrawnFace[seriesId][buyer] += face;
        // Both sides of the subtraction count this burn now, so that it cancels out.
        (int256 netSpent,) = _netSpent(seriesId, buyer);
        int256 spentSince = netSpent - record.netSpentThen;
        require(
            spentSince <= int256(uint256(record.balanceThen)),
            CertificateSales_Touched(purchaseId, uint256(spentSince), record.balanceThen)
        );
        record.withdrawn = true;
        uint256 paid = _paid(record);
        uint256 returned = _return(record);
        if (record.premium != 0) {
            _premiumsHeld[seriesId] -= record.premium;
            _booked -= record.premium;
            record.premium = 0;
        }
        emit PurchaseWithdrawn(purchaseId, buyer, paid, returned);
        _payOut(buyer, paid);
        return IRedemptionReceiver.onRedemption.selector;
    }

    /// @inheritdoc ICertificateSales
    function withdrawable(uint256 purchaseId) external view returns (uint256 payout) {
        Purchase storage record = _bought(purchaseId);
        if (record.withdrawn || block.timestamp >= record.withdrawUntil) return 0;
        (int256 netSpent, uint256 balance) = _netSpent(record.seriesId, record.buyer);
        bool touched = netSpent - record.netSpentThen > int256(uint256(record.balanceThen));
        return touched || balance < record.face ? 0 : _paid(record);
    }

    /// @dev Effect: discount and reserved rewards are free budget again. Of these only the discount is new money here.
    function _return(Purchase storage record) private returns (uint256 returned) {
        uint256 promotionId = record.promotionId;
        if (promotionId == 0) return 0;
        uint96 discount = record.discount;
        uint96 rewards = record.cashBack + record.referral;
        if (discount != 0) {
            _unspend(promotionId, discount);
            _booked += discount;
        }
        if (rewards != 0) {
            _releaseReserved(promotionId, rewards);
            (record.cashBack, record.referral) = (0, 0);
        }
        return uint256(discount) + rewards;
    }
}
