// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {ICertificateTypes} from "./ICertificateTypes.sol";

/// @title What happens every day: issue, transfer, pay, give, claim
interface ICertificatePayments is IERC1155, ICertificateTypes {
    // ------------------------------------------------------------------------------------ issue and transfer

    /// @notice Create face against the same amount of currency, taken from the caller.
    /// @dev Caller: the issuer or an operator within its limit. Amount: a whole multiple of the denomination.
    function issue(uint256 seriesId, address to, uint96 amount) external;

    /// @notice `safeTransferFrom` by the holder's signature over `Transfer`.
    function transferSigned(address from, address to, uint256 seriesId, uint96 amount, Authorization calldata authorization)
        external;

    // ------------------------------------------------------------------------------------------------ redeem

    /// @notice Pay `merchant` with the caller's certificate, without an order number.
    /// @dev The merchant receives `amount` less the fee. When the currency refuses the payout it is owed, not lost.
    function redeem(uint256 seriesId, uint96 amount, address merchant) external;

    /// @notice The caller, a merchant, is paid by the holder's signature over `Redemption`.
    /// @dev A non-zero order is used up: a second payment for it reverts. The holder chose series and amount: the caller
    /// looks at both, and at the series' fee, before it submits.
    function redeemSigned(Redemption calldata redemption) external;

    /// @notice The caller, a merchant, submits many signed redemptions: each its own payment. Bad rows are skipped and
    /// reported (`RedemptionSkipped`), one payout for all good ones.
    /// @return payout sum paid or owed to the caller, in base units
    function redeemBatch(Redemption[] calldata rows) external returns (uint256 payout);

    /// @notice Several cards in one payment, to a merchant or into a service; anybody may submit it.
    /// @dev Each card is signed by its holder or held by the caller; every card's order equals the payment's. With an
    /// order, the caller is the payee or brings its signed `PaymentRequest`, the cards add up to `total`,
    /// and at least `least` of that is paid out after the fees, which whoever pays may have chosen: a series of its own has
    /// up to 20 %. With order 0 neither `total` nor `least` is looked at.
    /// A service gets all of it or the payment reverts (`GiftCertificates_ArrivedDiffers`).
    /// A named series pays only into its services and for payees that are its merchants (or the service itself), free of the fee; an open series with a
    /// fee does not pay into services.
    function pay(Payment calldata payment, Redemption[] calldata cards) external;

    // ------------------------------------------------------------------------------------------------- gifts

    /// @notice Turn the caller's face into a gift that whoever holds the one-time key can claim for a recipient.
    /// @dev now ≤ delivery < expiry; delivery < reclaim < limitation. A delivery date of 0 means now.
    /// Warning: use a new key for each gift; the same gift with the same key in the same second has the same id.
    /// Warning: whoever made a bearer link knows its key; a giver who must not be able to take the gift back names a recipient.
    function give(GiftOrder calldata order) external returns (bytes32 giftId);

    /// @notice The same by the giver's signature over `GiftOrder`.
    function giveSigned(address giver, GiftOrder calldata order, Authorization calldata authorization)
        external
        returns (bytes32 giftId);

    /// @notice Fund any number of gifts under one Merkle sum tree.
    /// @param root `hash 160 | total 96`; the total is what is funded
    /// @param authorization the giver's signature over `GiftBatch`; empty when the giver is the caller
    function giveMany(
        address giver,
        uint256 seriesId,
        uint256 root,
        uint40 reclaimAt,
        Authorization calldata authorization
    ) external returns (bytes32 batchId);

    /// @notice Deliver a gift to `recipient`. Anybody may submit it: the one-time key signed the recipient.
    /// @param signature the key's over `Claim(gift, recipient, followUp = 0)`; not looked at when the gift names its
    /// recipient and has no key
    function claim(Gift calldata gift, address recipient, bytes calldata signature) external;

    /// @notice Deliver a gift out of a batch. It is claimed once at its place in the tree, whatever else the tree holds: see
    /// `isClaimedFromBatch`.
    /// @param proof siblings from the leaf up, each `hash 160 | sum 96`, at most 255
    /// @param signature the key's over `Claim(gift = keccak256(batchId, leaf.index), recipient, followUp = 0)`; of a tree with one
    /// key and index at several places it claims each of them, for that recipient only
    function claimFromBatch(
        GiftBatch calldata batch,
        GiftLeaf calldata leaf,
        uint256[] calldata proof,
        address recipient,
        bytes calldata signature
    ) external;

    /// @notice Claim a gift and pay with the whole of it in one step.
    /// @dev The key's `Claim` covers the payment: its `followUp` is the struct hash of the `Redemption` that the recipient
    /// would have signed, with nonce 0 and deadline 0. Only the recipient spends it: as the sender, or as the key itself, which
    /// anybody may submit for. Whoever made a link knows its key, and must not spend in somebody's name.
    function claimAndPay(Gift calldata gift, address recipient, bytes calldata signature, Payment calldata payment) external;

    // ------------------------------------------------------------------------------------------------- views

    function currency() external view returns (address);

    /// @return balance face held now, in base units
    /// @return spent face spent or refunded over the account's life, less what was restored
    /// @return nonce the watermark: authorisations need a higher one
    function account(uint256 seriesId, address holder)
        external
        view
        returns (uint256 balance, uint256 spent, uint256 nonce);

    /// @notice What services and markets ask of a series, for the price of one storage read.
    /// @return expiresAt no redemption from then on
    /// @return limitationAt no refund from then on
    /// @return named whether only the issuer's merchants redeem
    function validity(uint256 seriesId)
        external
        view
        returns (uint256 expiresAt, uint256 limitationAt, bool named);

    function isMerchant(uint256 seriesId, address merchant) external view returns (bool);
    /// @return whether certificates of the series can pay into this contract (of an open series: into any)
    function isService(uint256 seriesId, address service) external view returns (bool);

    function isOrderUsed(address merchant, uint64 order) external view returns (bool);

    function isGiftOpen(bytes32 giftId) external view returns (bool);

    /// @return remaining unclaimed face of a batch
    function batchRemaining(bytes32 batchId) external view returns (uint256 remaining);

    /// @param place of the gift in the batch's tree: 2^depth + index, where depth is the length of its proof. The index alone
    /// tells no gift, since a giver's tree may be lopsided and have one index at several depths.
    /// @return whether the gift was claimed, or taken back by itself
    function isClaimedFromBatch(bytes32 batchId, uint256 place) external view returns (bool);

    /// @notice EIP-712 domain separator of this contract on this chain.
    function DOMAIN_SEPARATOR() external view returns (bytes32);
}
