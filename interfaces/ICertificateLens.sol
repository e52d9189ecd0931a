// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICertificateTypes} from "./ICertificateTypes.sol";
import {IGiftCertificates} from "./IGiftCertificates.sol";

/// @title Views for the wallet, the till and the auditor
/// @notice Stateless: answers about any GiftCertificates. All amounts in base units of its currency.
interface ICertificateLens {
    /// @notice What a GiftCertificates holds against what it owes.
    /// @param surplus currency sent there by mistake; belongs to nobody
    /// @param missing what the reserve lacks; 0 at every block, or something is broken
    struct Solvency {
        uint256 reserve;
        uint256 outstanding;
        uint256 fees;
        uint256 owed;
        uint256 liabilities;
        uint256 surplus;
        uint256 missing;
    }

    /// @notice What a wallet shows of one series.
    /// @param status 0 live, 1 sales closed, 2 wound down, 3 expired, 4 past limitation, 5 forfeited
    /// @param refundAmount largest face that can be given up now, and `refundPayout` what is paid for it
    struct Card {
        uint256 seriesId;
        uint256 balance;
        uint256 spent;
        uint256 nonce;
        uint8 status;
        uint256 denomination;
        uint256 expiresAt;
        uint256 limitationAt;
        ICertificateTypes.Right right;
        uint256 refundAmount;
        uint256 refundPayout;
    }

    /// @notice What a till needs to know before it hands the goods over.
    /// @param failure selector of the error that paying would revert with now; 0 when it would pass
    /// @param fee of the issuer, and `payout` what the merchant receives
    struct Quote {
        bytes4 failure;
        uint256 fee;
        uint256 payout;
    }

    /// @notice Reserve against liabilities, over all series. Costs 4 reads a series: page with the other one when there are
    /// more than a node answers at once.
    function solvency(IGiftCertificates certificates) external view returns (Solvency memory);

    /// @notice Sums of the series `[fromSeriesId, toSeriesId)`.
    /// @return outstanding face in balances and unclaimed links
    /// @return fees accrued and not collected
    function liabilities(IGiftCertificates certificates, uint256 fromSeriesId, uint256 toSeriesId)
        external
        view
        returns (uint256 outstanding, uint256 fees);

    /// @notice What `holder` may have back of a series now.
    function refundable(IGiftCertificates certificates, address holder, uint256 seriesId)
        external
        view
        returns (ICertificateTypes.Right right, uint256 amount, uint256 payout);

    /// @notice A holder's cards, in the order of `seriesIds`.
    function wallet(IGiftCertificates certificates, address holder, uint256[] calldata seriesIds)
        external
        view
        returns (Card[] memory);

    /// @notice What a redemption of `amount` by `holder` at `merchant` would do now. `order` 0 for none.
    function quote(
        IGiftCertificates certificates,
        uint256 seriesId,
        address holder,
        uint256 amount,
        address merchant,
        uint64 order
    ) external view returns (Quote memory);
}
