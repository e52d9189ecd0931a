// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJarViews} from "../../interfaces/IJarViews.sol";
import {Bucket} from "../types/Bucket.sol";
import {Jar} from "../types/Jar.sol";
import {Lump} from "../types/Lump.sol";
import {Stream} from "../types/Stream.sol";
import {MonthlyCaps} from "./MonthlyCaps.sol";
import {StreamBook} from "./StreamBook.sol";

/// @notice What a page, an auditor or another contract asks.
abstract contract JarViews is IJarViews, StreamBook, MonthlyCaps {
    /// @inheritdoc IJarViews
    function isSupporter(address creator, address account, uint32 tier)
        external
        view
        returns (uint256 since)
    {
        Membership memory member = _memberships[creator][tier][account];
        if (block.timestamp < member.until) since = member.since;
    }

    /// @inheritdoc IJarViews
    function membership(address creator, address account, uint32 tier)
        external
        view
        returns (Membership memory)
    {
        return _memberships[creator][tier][account];
    }

    /// @inheritdoc IJarViews
    function tierOf(address creator, uint32 tier) external view returns (Tier memory) {
        return _tiers[creator][tier];
    }

    /// @inheritdoc IJarViews
    function claimable(uint256 jarId) external view returns (uint256) {
        return claimableScaled(jarId) / _scale;
    }

    /// @inheritdoc IJarViews
    function claimableScaled(uint256 jarId) public view returns (uint256) {
        (, int256 due) = _fold(_jars[jarId], type(uint256).max);
        return uint256(due); // never negative once all is folded: the sum of what each flow earned, less what was collected
    }

    /// @inheritdoc IJarViews
    function jar(uint256 jarId)
        external
        view
        returns (uint256 rate, uint256 day, int256 accrued, uint256 lumpDay, uint256 lump)
    {
        Jar stored = _jars[jarId].jar;
        Lump today = _jars[jarId].lump;
        return (stored.rate(), stored.day(), stored.accrued(), today.day(), today.sum());
    }

    /// @inheritdoc IJarViews
    function endsOn(uint256 jarId, uint256 day) external view returns (uint256 rate, uint256 moment) {
        Bucket ends = _jars[jarId].ends[day].bucket;
        return (ends.rate(), ends.moment());
    }

    /// @inheritdoc IJarViews
    function endDays(uint256 jarId, uint256 word) external view returns (uint256) {
        return _jars[jarId].endDays[word];
    }

    /// @inheritdoc IJarViews
    function stream(StreamKey calldata key) external view returns (StreamView memory) {
        Stream stored = _streams[keccak256(abi.encode(key))].stream;
        return StreamView(stored.rate(), stored.startedAt(), stored.endsAt(), stored.seriesId());
    }

    /// @inheritdoc IJarViews
    function refundable(StreamKey calldata key) external view returns (uint256) {
        return _left(_streams[keccak256(abi.encode(key))].stream) / _scale;
    }

    /// @inheritdoc IJarViews
    function sharedJar(uint256 jarId)
        external
        view
        returns (address[] memory payees, uint16[] memory sharesBps, uint256 collected)
    {
        Split storage split = _splits[jarId];
        return (split.payees, split.sharesBps, split.collected);
    }

    /// @inheritdoc IJarViews
    function versions(address creator) external view returns (uint256) {
        return _versions[creator];
    }

    /// @inheritdoc IJarViews
    function giftsLeft(bytes32 batchId) external view returns (uint256) {
        return _giftsLeft(batchId);
    }

    /// @inheritdoc IJarViews
    function isGiftClaimed(bytes32 batchId, uint256 index) external view returns (bool) {
        return _claimedGifts[batchId][index >> 8] & (1 << (index & 0xff)) != 0;
    }

    /// @inheritdoc IJarViews
    function isHandleTipOpen(bytes32 tipId) external view returns (bool) {
        return _handleTips[tipId];
    }

    /// @inheritdoc IJarViews
    function monthlyCap(address payer)
        external
        view
        returns (uint256 limit, uint256 used, uint256 nextLimit)
    {
        MonthlyCap storage cap = _monthlyCaps[payer];
        (limit, used) = _thisMonth(cap);
        nextLimit = cap.nextMonth > _month() ? cap.nextLimit : limit;
    }

    /// @inheritdoc IJarViews
    function scale() external view returns (uint256) {
        return _scale;
    }

    /// @inheritdoc IJarViews
    function certificates() external view returns (address) {
        return address(_certificates);
    }
}
