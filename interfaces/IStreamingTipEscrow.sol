// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICustody} from "./ICustody.sol";
import {IJarBackOffice} from "./IJarBackOffice.sol";
import {IJarViews} from "./IJarViews.sol";
import {IRedemptionReceiver} from "./IRedemptionReceiver.sol";
import {IStreamingTips} from "./IStreamingTips.sol";

/// @title All that StreamingTipEscrow answers, through both pieces of its code
interface IStreamingTipEscrow is IStreamingTips, IJarBackOffice, IJarViews, ICustody, IRedemptionReceiver {
    /// @notice The second piece of this contract's code.
    function backOffice() external view returns (address);
}
