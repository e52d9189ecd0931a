// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICertificateSales} from "../../interfaces/ICertificateSales.sol";
import {ICertificateTypes} from "../../interfaces/ICertificateTypes.sol";
import {Promotions} from "./Promotions.sol";

/// @notice Selling: windows, prices and the records of purchases.
abstract contract Purchases is Promotions {
    using SafeCast for uint256;

    uint256 private constant MAX_PREMIUM_BPS = 10_000;
    /// @dev The notice that GiftCertificates gives a service before its removal takes effect.
    uint256 private constant REMOVAL_NOTICE = 30 days;

    mapping(uint256 seriesId => Sale) private _sales;
    uint256 private _purchaseCount;
    mapping(uint256 purchaseId => Purchase) internal _purchases;
    mapping(uint256 seriesId => uint256) internal _premiumsHeld;
    /// @dev Face that a buyer withdrew from. A withdrawal is a redemption and raises `spent`, but touches nothing else.
    mapping(uint256 seriesId => mapping(address buyer => uint256)) internal _withdrawnFace;

    // ------------------------------------------------------------------------------------------------------ sale

    /// @inheritdoc ICertificateSales
    function setSale(uint256 seriesId, uint40 opensAt, uint40 closesAt, uint16 premiumBps) external {
        _checkIssuer(seriesId);
        ICertificateTypes.Terms memory terms = _terms(seriesId);
        uint256 window = terms.withdrawalSeconds;
        if (opensAt != 0 || closesAt != 0) {
            require(
                closesAt > opensAt,
                CertificateSales_InvalidSale("closes after opening", closesAt, uint256(opensAt) + 1)
            );
        }
        _saleAtMost("closes with the series' sale", closesAt, terms.salesCloseAt);
        _saleAtMost("withdrawal ends by expiry", closesAt + window, terms.expiresAt);
        _saleAtMost("premium", premiumBps, MAX_PREMIUM_BPS);
        // Or an issuer could end the window by removing this contract.
        if (terms.refundOnRemoval) _saleAtMost("withdrawal within the notice", window, REMOVAL_NOTICE);
        if (!terms.named && window != 0) _saleAtMost("fee of an open series", terms.feeBps, 0);
        _sales[seriesId] = Sale(opensAt, closesAt, premiumBps, terms.withdrawalSeconds, terms.named);
        emit SaleSet(seriesId, opensAt, closesAt, premiumBps);
    }

    /// @inheritdoc ICertificateSales
    function buy(uint256 seriesId, address buyer, uint96 face, uint256 maxPrice)
        external
        nonReentrant
        returns (uint256 purchaseId)
    {
        require(buyer != address(0), Custody_ZeroAddress());
        (Purchase storage record, uint256 id, uint256 premium) = _record(seriesId, buyer, face);
        _charge(record, id, premium, 0, maxPrice);
        _issue(seriesId, buyer, face);
        return id;
    }

    /// @inheritdoc ICertificateSales
    function buyWithCoupon(uint96 face, uint256 maxPrice, Coupon calldata coupon, bytes calldata signature)
        external
        nonReentrant
        returns (uint256 purchaseId)
    {
        PromotionTerms storage terms = _known(coupon.promotionId);
        (uint256 discount, uint256 cashBack, uint256 referral) = _redeemCoupon(terms, face, coupon, signature);
        Purchase storage record;
        uint256 premium;
        (record, purchaseId, premium) = _record(terms.seriesId, coupon.buyer, face);
        record.promotionId = coupon.promotionId.toUint64();
        if (discount != 0) record.discount = discount.toUint96();
        if (cashBack != 0) record.cashBack = cashBack.toUint96();
        if (coupon.referrer != address(0)) {
            (record.referrer, record.referral) = (coupon.referrer, referral.toUint96());
        }
        _charge(record, purchaseId, premium, discount, maxPrice);
        emit CouponRedeemed(
            coupon.promotionId, purchaseId, coupon.couponId, coupon.referrer, discount, cashBack, referral
        );
        _issue(terms.seriesId, coupon.buyer, face);
    }

    /// @inheritdoc ICertificateSales
    function collectPremiums(uint256 seriesId, uint256[] calldata purchaseIds)
        external
        nonReentrant
        returns (uint256 amount)
    {
        for (uint256 i = 0; i < purchaseIds.length; ++i) {
            Purchase storage record = _purchases[purchaseIds[i]];
            uint256 premium = record.premium;
            if (premium == 0 || record.seriesId != seriesId || block.timestamp < record.withdrawUntil) {
                emit PremiumSkipped(purchaseIds[i]);
                continue;
            }
            record.premium = 0;
            amount += premium;
        }
        require(amount != 0, CertificateSales_NothingToCollect(seriesId));
        _premiumsHeld[seriesId] -= amount;
        address issuer = _state(seriesId).issuer;
        emit PremiumsCollected(seriesId, issuer, amount);
        _payBooked(issuer, amount);
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICertificateSales
    function sale(uint256 seriesId) external view returns (Sale memory) {
        return _sales[seriesId];
    }

    /// @inheritdoc ICertificateSales
    function priceOf(uint256 seriesId, uint256 face) external view returns (uint256 price, uint256 premium) {
        premium = face * _sales[seriesId].premiumBps / BPS;
        price = face + premium;
    }

    /// @inheritdoc ICertificateSales
    function purchaseCount() external view returns (uint256) {
        return _purchaseCount;
    }

    /// @inheritdoc ICertificateSales
    function purchase(uint256 purchaseId) external view returns (Purchase memory) {
        return _bought(purchaseId);
    }

    /// @inheritdoc ICertificateSales
    function premiumsHeld(uint256 seriesId) external view returns (uint256 held) {
        return _premiumsHeld[seriesId];
    }

    // -------------------------------------------------------------------------------------------------- internal

    function _bought(uint256 purchaseId) internal view returns (Purchase storage record) {
        record = _purchases[purchaseId];
        require(record.buyer != address(0), CertificateSales_UnknownPurchase(purchaseId));
    }

    /// @dev What the buyer paid: nothing of it is stored twice.
    function _paid(Purchase storage record) internal view returns (uint256) {
        return uint256(record.face) + record.premium - record.discount;
    }

    /// @dev What the holder spent of the series, withdrawals not counted. Below zero where a merchant restored what was
    /// withdrawn here.
    function _netSpent(uint256 seriesId, address holder) internal view returns (int256 net, uint256 balance) {
        uint256 spent;
        (balance, spent,) = _certificates.account(seriesId, holder);
        net = spent.toInt256() - _withdrawnFace[seriesId][holder].toInt256();
    }

    /// @dev Check the sale, write the record. The buyer's account is read before anything is issued to it.
    function _record(uint256 seriesId, address buyer, uint96 face)
        private
        returns (Purchase storage record, uint256 purchaseId, uint256 premium)
    {
        Sale memory terms = _sales[seriesId];
        require(
            terms.opensAt <= block.timestamp && block.timestamp < terms.closesAt,
            CertificateSales_SaleClosed(seriesId, terms.opensAt, terms.closesAt, block.timestamp)
        );
        uint256 withdrawUntil = block.timestamp + terms.withdrawalSeconds;
        if (terms.named && terms.withdrawalSeconds != 0) {
            uint256 until = _certificates.isService(seriesId, address(this))
                ? _certificates.merchantUntil(seriesId, address(this))
                : 0;
            require(withdrawUntil <= until, CertificateSales_NotWithdrawable(seriesId, until, withdrawUntil));
        }
        (int256 netSpent, uint256 balance) = _netSpent(seriesId, buyer);

        purchaseId = ++_purchaseCount;
        record = _purchases[purchaseId];
        record.buyer = buyer;
        record.face = face;
        record.seriesId = seriesId.toUint64();
        record.boughtAt = uint40(block.timestamp);
        record.withdrawUntil = withdrawUntil.toUint40();
        record.netSpentThen = SafeCast.toInt128(netSpent);
        record.balanceThen = balance.toUint96();
        premium = uint256(face) * terms.premiumBps / BPS;
        if (premium != 0) {
            record.premium = premium.toUint96();
            _premiumsHeld[seriesId] += premium;
        }
    }

    /// @dev Interaction: take the price. The caller issues full face for it, so only the premium is booked, and the discount
    /// leaves what is booked.
    function _charge(
        Purchase storage record,
        uint256 purchaseId,
        uint256 premium,
        uint256 discount,
        uint256 maxPrice
    ) private {
        uint256 face = record.face;
        uint256 price = face + premium - discount;
        require(price <= maxPrice, CertificateSales_OverMaxPrice(price, maxPrice));
        if (premium != discount) _booked = _booked + premium - discount;
        emit Purchased(
            purchaseId,
            record.seriesId,
            record.buyer,
            msg.sender,
            face,
            premium,
            price,
            record.netSpentThen,
            record.balanceThen
        );
        if (price != 0) _pull(msg.sender, price);
    }

    function _saleAtMost(bytes32 rule, uint256 value, uint256 bound) private pure {
        require(value <= bound, CertificateSales_InvalidSale(rule, value, bound));
    }
}
