// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICustody} from "./ICustody.sol";
import {IRedemptionReceiver} from "./IRedemptionReceiver.sol";

/// @title The shop window: prices, promotions, withdrawals, and issue by a payment processor's receipt
/// @notice Everything about selling new certificates of one GiftCertificates. It creates face only as any operator does,
/// against the full amount; what a promotion adds comes from a budget that was funded before.
/// @dev A series' issuer names this contract an operator and, where buyers may withdraw, admits it as a service of a named series.
/// It does so without a daily limit: what is withdrawn counts in it, and anybody could use it up for nothing. Amounts are in base
/// units of the currency; times are Unix seconds and windows half-open.
///
/// Conservation, to the unit, at the end of every transaction, with B the currency held:
///   B ≥ booked = Σ free + Σ reserved + Σ premiums held + totalOwed   and, for each promotion,
///   spent + reserved + free = funded − taken back.
interface ICertificateSales is ICustody, IRedemptionReceiver {
    // ------------------------------------------------------------------------------------------------------- types

    /// @notice When and at what price a series is sold here.
    /// @param premiumBps what a buyer pays on top of face, for the issuer; rounded down, in the buyer's favour
    /// @param withdrawalSeconds how long a purchase can be withdrawn (the series' terms)
    /// @param named whether the series is redeemed by the issuer's merchants only (the series' terms)
    struct Sale {
        uint40 opensAt;
        uint40 closesAt;
        uint16 premiumBps;
        uint32 withdrawalSeconds;
        bool named;
    }

    /// @notice What a promotion grants. Never changes.
    /// @param seriesId a named series on which no refund right is open
    /// @param rewardSeriesId of which the cash-back is; 0 without cash-back. Same issuer, named, no denomination
    /// @param discountBps off the price, rounded down
    /// @param cashBackBps of face, issued to the buyer once the purchase can't be withdrawn any more; rounded down
    /// @param referralBps of face, paid to the coupon's referrer then; rounded down
    /// @param couponSigner signs the coupons (ECDSA or ERC-1271)
    /// @param maxFacePerPurchase largest face of one purchase
    struct PromotionTerms {
        uint64 seriesId;
        uint64 rewardSeriesId;
        uint40 opensAt;
        uint40 closesAt;
        uint16 discountBps;
        uint16 cashBackBps;
        uint16 referralBps;
        address couponSigner;
        uint96 maxFacePerPurchase;
    }

    /// @notice A promotion's money: `spent + reserved + free = funded − takenBack`.
    /// @param spent on discounts, cash-back and referrals
    /// @param reserved for cash-back and referrals that have not been paid yet
    struct Budget {
        uint128 free;
        uint128 reserved;
        uint128 spent;
        uint128 funded;
        uint128 takenBack;
    }

    /// @notice One promoted purchase, signed by the promotion's coupon signer (EIP-712 `Coupon`).
    /// @param couponId used up once in its promotion
    /// @param buyer the only account that may use it
    /// @param referrer gets the referral share; zero for none. Neither the buyer nor this contract
    /// @param maxFace largest face it is good for
    /// @param deadline void from then on
    struct Coupon {
        uint256 promotionId;
        uint256 couponId;
        address buyer;
        address referrer;
        uint96 maxFace;
        uint40 deadline;
    }

    /// @notice What was bought.
    /// @param netSpentThen what the buyer had spent of the series, less what it had withdrawn, when it bought
    /// @param balanceThen what the buyer held of the series before
    /// @param premium paid on top of face; 0 once it was collected or paid back
    /// @param cashBack reserved for the buyer; 0 once claimed or returned
    /// @param referral reserved for the referrer; 0 once claimed or returned
    struct Purchase {
        address buyer;
        uint96 face;
        uint64 seriesId;
        uint64 promotionId;
        uint40 boughtAt;
        uint40 withdrawUntil;
        bool withdrawn;
        int128 netSpentThen;
        uint96 balanceThen;
        uint96 premium;
        uint96 discount;
        address referrer;
        uint96 referral;
        uint96 cashBack;
    }

    /// @notice A payment that somebody took outside of the chain, signed for the issuer (EIP-712 `Receipt`).
    /// @param amount face issued, paid by `payer`
    /// @param payer the only account that may submit it, since it pays
    /// @param paymentId used up once for the issuer
    /// @param deadline void from then on
    struct Receipt {
        uint256 seriesId;
        address recipient;
        uint96 amount;
        address payer;
        bytes32 paymentId;
        uint40 deadline;
    }

    /// @notice What became of a cash-back.
    enum CashBack {
        Issued, // as certificates of the reward series
        Paid, // in currency, since its issuer stopped the reward series or took away the power to issue it
        Returned // to the budget, since nobody claimed it before the reward series' sale closed
    }

    // ------------------------------------------------------------------------------------------------------ events

    event SaleSet(uint256 indexed seriesId, uint256 opensAt, uint256 closesAt, uint256 premiumBps);
    event PromotionCreated(uint256 indexed promotionId, uint256 indexed seriesId, PromotionTerms terms);
    event PromotionFunded(uint256 indexed promotionId, address indexed funder, uint256 amount);
    event BudgetTakenBack(uint256 indexed promotionId, address indexed to, uint256 amount);

    /// @param price what the payer paid: face + premium − discount
    event Purchased(
        uint256 indexed purchaseId,
        uint256 indexed seriesId,
        address indexed buyer,
        address payer,
        uint256 face,
        uint256 premium,
        uint256 price,
        int256 netSpentThen,
        uint256 balanceThen
    );
    /// @dev Follows the `Purchased` of a promoted purchase.
    event CouponRedeemed(
        uint256 indexed promotionId,
        uint256 indexed purchaseId,
        uint256 couponId,
        address referrer,
        uint256 discount,
        uint256 cashBack,
        uint256 referral
    );
    /// @param paid back to the buyer: what was paid for it
    /// @param returned to the promotion's budget: the discount and the reserved rewards
    event PurchaseWithdrawn(
        uint256 indexed purchaseId, address indexed buyer, uint256 paid, uint256 returned
    );
    event CashBackClaimed(
        uint256 indexed purchaseId, address indexed buyer, CashBack outcome, uint256 amount
    );
    event ReferralClaimed(uint256 indexed purchaseId, address indexed referrer, uint256 amount);
    event PremiumsCollected(uint256 indexed seriesId, address indexed issuer, uint256 amount);
    event PremiumSkipped(uint256 indexed purchaseId);

    event ReceiptSignerSet(address indexed issuer, address indexed signer);
    event IssuedByReceipt(
        address indexed issuer,
        bytes32 indexed paymentId,
        uint256 indexed seriesId,
        address recipient,
        address payer,
        uint256 amount
    );

    // ------------------------------------------------------------------------------------------------------ errors

    error CertificateSales_ZeroAmount();
    error CertificateSales_NotIssuer(uint256 seriesId, address caller);
    error CertificateSales_InvalidSale(bytes32 rule, uint256 value, uint256 bound);
    error CertificateSales_SaleClosed(uint256 seriesId, uint256 opensAt, uint256 closesAt, uint256 time);
    error CertificateSales_OverMaxPrice(uint256 price, uint256 maxPrice);
    error CertificateSales_NotWithdrawable(uint256 seriesId, uint256 serviceUntil, uint256 withdrawUntil);

    error CertificateSales_InvalidPromotion(bytes32 rule, uint256 value, uint256 bound);
    error CertificateSales_UnknownPromotion(uint256 promotionId);
    error CertificateSales_PromotionClosed(
        uint256 promotionId, uint256 opensAt, uint256 closesAt, uint256 time
    );
    error CertificateSales_RefundOpen(uint256 seriesId, uint256 fullRefundFrom);
    error CertificateSales_LimitedOperator(uint256 seriesId, uint256 dailyLimit);
    error CertificateSales_OverBudget(uint256 promotionId, uint256 amount, uint256 free);
    error CertificateSales_NotBuyer(address caller, address buyer);
    /// @dev The coupon names as its referrer its buyer, or this contract.
    error CertificateSales_SelfReferral(address referrer);
    error CertificateSales_OverMaxFace(uint256 face, uint256 maxFace);
    error CertificateSales_CouponUsed(uint256 promotionId, uint256 couponId);

    error CertificateSales_UnknownPurchase(uint256 purchaseId);
    error CertificateSales_NotCertificates(address caller);
    error CertificateSales_WrongPayee(address payee);
    error CertificateSales_NotOneCard(uint256 cards);
    error CertificateSales_NotBuyersCard(address holder, address buyer);
    error CertificateSales_OtherSeries(uint256 seriesId, uint256 expected);
    error CertificateSales_FaceDiffers(uint256 amount, uint256 face);
    error CertificateSales_WithdrawalClosed(uint256 purchaseId, uint256 withdrawUntil, uint256 time);
    error CertificateSales_AlreadyWithdrawn(uint256 purchaseId);
    error CertificateSales_Touched(uint256 purchaseId, uint256 spentSince, uint256 balanceThen);

    error CertificateSales_NotVested(uint256 purchaseId, uint256 vestsAt, uint256 time);
    error CertificateSales_NothingToClaim(uint256 purchaseId);
    error CertificateSales_NothingToCollect(uint256 seriesId);

    error CertificateSales_NotPayer(address caller, address payer);
    error CertificateSales_PaymentUsed(address issuer, bytes32 paymentId);

    // -------------------------------------------------------------------------------------------------------- sale

    /// @notice Open, change or (with two zeros) close the sale of a series here. Purchases made keep what they were made at.
    /// @dev Caller: the series' issuer. The sale closes with the series' own or before, and early enough that every
    /// purchase can be withdrawn for its whole window: before expiry, and within the 30 days' notice with which a service can
    /// be removed. An open series whose withdrawal window is not 0 has no fee (a fee bars it from
    /// services).
    /// @param premiumBps at most 10,000
    function setSale(uint256 seriesId, uint40 opensAt, uint40 closesAt, uint16 premiumBps) external;

    /// @notice Buy face for `buyer`, who may withdraw from the purchase; the caller pays.
    /// @dev Warning: on a withdrawal the money goes to the buyer, whoever paid.
    /// @param maxPrice reverts when face + premium is more
    /// @return purchaseId counted from 1
    function buy(uint256 seriesId, address buyer, uint96 face, uint256 maxPrice)
        external
        returns (uint256 purchaseId);

    /// @notice Buy face of a promotion's series with a coupon; the caller is its buyer and pays.
    /// @dev Nobody else may, or a stranger could use a coupon up on one base unit. The discount leaves the promotion's budget
    /// at once; cash-back and referral are set aside in it. A budget that can't cover all three reverts: no reward is ever
    /// silently smaller.
    /// @param maxPrice reverts when face + premium − discount is more
    /// @param signature the coupon signer's over `Coupon`
    function buyWithCoupon(uint96 face, uint256 maxPrice, Coupon calldata coupon, bytes calldata signature)
        external
        returns (uint256 purchaseId);

    /// @notice Pay the premiums of these purchases, all of `seriesId`, to its issuer. Anybody may trigger it.
    /// @dev A purchase of another series, that can still be withdrawn, that was withdrawn, or that has no premium (left) is
    /// skipped and reported.
    /// @return amount paid or owed to the issuer
    function collectPremiums(uint256 seriesId, uint256[] calldata purchaseIds)
        external
        returns (uint256 amount);

    // -------------------------------------------------------------------------------------------------- promotions

    /// @notice Announce a promotion; it grants nothing until it is funded and a coupon was signed.
    /// @dev Caller: the series' issuer. The series is named, grants no cash for an unused certificate, and no full refund is
    /// open or announced. discount + cash-back + referral ≤ 1 − the series' post-expiry share, ≤ its use threshold, and ≤ 1 −
    /// its largest small rest, so that by no refund right buyer and referrer together get more money than was paid. The reward series' sale closes at least 30 days after the
    /// last cash-back vests. Warning: where the series is convertible
    /// after expiry, the refund rights after use are those of the series it will convert into, which the issuer chooses later. Warning: merchants who hand out cash for certificates
    /// can turn a discount into money; so does the issuer by winding the series down.
    /// @return promotionId counted from 1
    function createPromotion(PromotionTerms calldata terms) external returns (uint256 promotionId);

    /// @notice Add to a promotion's budget; the caller pays. Anybody may.
    /// @dev Warning: what is free belongs to the issuer, who can take it back.
    function fund(uint256 promotionId, uint96 amount) external;

    /// @notice Take free budget out of a promotion. Caller: the series' issuer. What is reserved stays.
    function takeBack(uint256 promotionId, uint96 amount, address to) external;

    /// @notice Hand a vested cash-back to its buyer. Anybody may trigger it.
    /// @dev Issued as face of the reward series. Where its issuer wound that series down, or took from this contract the
    /// power to issue it without limit, it is paid in currency instead: neither can take a promise back. From the reward
    /// series' `salesCloseAt` on it returns to the budget.
    function claimCashBack(uint256 purchaseId) external returns (CashBack outcome);

    /// @notice Pay a vested referral share to its referrer, in currency. Anybody may trigger it.
    function claimReferral(uint256 purchaseId) external;

    // ---------------------------------------------------------------------------------------------------- receipts

    /// @notice Who signs receipts for the caller's series instead of the caller itself; zero for the caller again.
    function setReceiptSigner(address signer) external;

    /// @notice Issue what was paid for outside of the chain, exactly once for each issuer and payment id.
    /// @dev Caller: the receipt's payer, who pays the face. Nobody else, or an issuer could spend the allowance of anybody who
    /// ever approved this contract. No sale window or premium applies, and no withdrawal: the payer sold it.
    /// @param signature over `Receipt`, by the issuer or the receipt signer it named
    function issueByReceipt(Receipt calldata receipt, bytes calldata signature) external;

    // ------------------------------------------------------------------------------------------------------- views

    function certificates() external view returns (address);

    function sale(uint256 seriesId) external view returns (Sale memory);

    /// @notice What `face` costs without a coupon: `premium` is part of `price`.
    function priceOf(uint256 seriesId, uint256 face) external view returns (uint256 price, uint256 premium);

    function purchaseCount() external view returns (uint256);

    function purchase(uint256 purchaseId) external view returns (Purchase memory);

    /// @notice What a withdrawal from the purchase would pay its buyer now; 0 when there is none any more.
    /// @dev To withdraw, the buyer pays `face` into this contract: `GiftCertificates.pay` with merchant and payee this
    /// contract, order 0, data the ABI-encoded purchase id, and one card of the buyer's over exactly `face`.
    function withdrawable(uint256 purchaseId) external view returns (uint256 payout);

    function promotionCount() external view returns (uint256);

    function promotion(uint256 promotionId) external view returns (PromotionTerms memory);

    function budget(uint256 promotionId) external view returns (Budget memory);

    /// @notice What a purchase of `face` would draw from the promotion.
    function rewardsOf(uint256 promotionId, uint256 face, bool referred)
        external
        view
        returns (uint256 discount, uint256 cashBack, uint256 referral);

    function isCouponUsed(uint256 promotionId, uint256 couponId) external view returns (bool);

    function isPaymentUsed(address issuer, bytes32 paymentId) external view returns (bool);

    /// @return signer of receipts for the issuer's series: the issuer itself until it named another
    function receiptSigner(address issuer) external view returns (address signer);

    /// @return held premiums of a series that were not collected
    function premiumsHeld(uint256 seriesId) external view returns (uint256 held);

    /// @notice All that this contract owes: budgets, premiums held, payouts owed.
    function booked() external view returns (uint256);
}
