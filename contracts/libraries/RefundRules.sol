// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICertificateTypes} from "../../interfaces/ICertificateTypes.sol";
import {Account} from "../types/Account.sol";

/// @notice What a holder may have back, from terms, time and what was spent. Pure, so that the contract that pays and the
/// views that announce can't differ.
library RefundRules {
    uint256 internal constant BPS = 10_000;

    /// @param denomination of one certificate, 0 for none
    /// @param fullRefundFrom 0 for never
    struct Rules {
        uint256 expiresAt;
        uint256 limitationAt;
        uint256 fullRefundFrom;
        uint256 denomination;
        uint256 useThresholdBps;
        uint256 postExpiryBps;
        uint256 cashOutFrom;
        uint256 cashOutBelow;
        bool cashOutUnused;
    }

    /// @param returnable of what was spent lies with services that can hand it back: whoever streamed 60 % of a card and
    /// had the rest paid out could else cancel, and have used nothing
    /// @return right on which a refund rests at `time`
    /// @return amount largest face that can be given up for it, in base units
    /// @return shareBps of that face paid to the holder
    function entitlement(Rules memory rules, Account held, uint256 returnable, uint256 time)
        internal
        pure
        returns (ICertificateTypes.Right right, uint256 amount, uint256 shareBps)
    {
        if (time >= rules.limitationAt) return (ICertificateTypes.Right.None, 0, 0);
        uint256 balance = held.balance();
        if (rules.fullRefundFrom != 0 && time >= rules.fullRefundFrom) {
            return (ICertificateTypes.Right.Full, balance, BPS);
        }
        if (time >= rules.expiresAt) {
            if (rules.postExpiryBps == 0) return (ICertificateTypes.Right.None, 0, 0);
            return (ICertificateTypes.Right.PostExpiry, balance, rules.postExpiryBps);
        }
        if (rules.denomination == 0) return (ICertificateTypes.Right.None, 0, 0);

        // The certificate in use has `used` of its denomination spent; certificates are used up one after the other.
        uint256 used = (held.spent() - returnable) % rules.denomination;
        uint256 rest = rules.denomination - used;
        if (
            used != 0 && rules.useThresholdBps != 0
                && used * BPS >= rules.useThresholdBps * rules.denomination
        ) {
            right = ICertificateTypes.Right.Remainder;
        } else if (
            (used != 0 || rules.cashOutUnused) && rest >= rules.cashOutFrom && rest < rules.cashOutBelow
        ) {
            right = ICertificateTypes.Right.SmallRest;
        } else {
            return (ICertificateTypes.Right.None, 0, 0);
        }
        // The balance may be less than the rest: part of it was transferred away, and rights don't follow a transfer.
        return (right, rest < balance ? rest : balance, BPS);
    }
}
