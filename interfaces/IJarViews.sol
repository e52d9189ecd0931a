// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJarTypes} from "./IJarTypes.sol";

/// @title What StreamingTipEscrow answers to a page, an auditor or another contract
interface IJarViews is IJarTypes {
    /// @notice Since when `account` is a member of the tier without a break; 0 when it is none. One storage read.
    function isSupporter(address creator, address account, uint32 tier) external view returns (uint256 since);

    function membership(address creator, address account, uint32 tier)
        external
        view
        returns (Membership memory);

    function tierOf(address creator, uint32 tier) external view returns (Tier memory);

    /// @notice Base units that `collect` would pay now with enough days.
    function claimable(uint256 jarId) external view returns (uint256);

    /// @notice The same in scaled units.
    function claimableScaled(uint256 jarId) external view returns (uint256);

    /// @notice A jar as stored.
    /// @return rate scaled units per second of all streams in it that have not been folded
    /// @return day the cursor: days before it are folded
    /// @return accrued scaled units, relative to the start of that day
    /// @return lumpDay the day of the lump
    /// @return lump scaled units of streams that start and end on that day
    function jar(uint256 jarId)
        external
        view
        returns (uint256 rate, uint256 day, int256 accrued, uint256 lumpDay, uint256 lump);

    /// @notice What ends on `day`: the sum of rates, and of rate × second of the day with dust, in scaled units.
    function endsOn(uint256 jarId, uint256 day) external view returns (uint256 rate, uint256 moment);

    /// @notice 256 days from `256 × word` on; a bit for each that has or had an end.
    function endDays(uint256 jarId, uint256 word) external view returns (uint256);

    function stream(StreamKey calldata key) external view returns (StreamView memory);

    /// @notice What `cancel` would refund now, in base units; 0 for an ended stream.
    function refundable(StreamKey calldata key) external view returns (uint256);

    /// @notice The split of a shared jar; empty for version 0 and for one that nobody made.
    /// @dev `collected`: base units ever taken out of the jar; of these, `collected × share / 10,000`, rounded down, went to each.
    function sharedJar(uint256 jarId)
        external
        view
        returns (address[] memory payees, uint16[] memory sharesBps, uint256 collected);

    /// @notice How many shared jars `creator` made.
    function versions(address creator) external view returns (uint256);

    /// @notice Gift subscriptions of a batch that nobody claimed or took back.
    function giftsLeft(bytes32 batchId) external view returns (uint256);

    function isGiftClaimed(bytes32 batchId, uint256 index) external view returns (bool);

    function isHandleTipOpen(bytes32 tipId) external view returns (bool);

    /// @return limit base units this month; type(uint96).max for none
    /// @return used base units this month
    /// @return nextLimit base units from next month on
    function monthlyCap(address payer) external view returns (uint256 limit, uint256 used, uint256 nextLimit);

    /// @notice Scaled units in one base unit.
    function scale() external view returns (uint256);

    /// @notice The GiftCertificates whose redemptions this escrow takes.
    function certificates() external view returns (address);
}
