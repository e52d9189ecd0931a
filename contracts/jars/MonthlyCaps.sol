// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DateTimeLib} from "solady/src/utils/DateTimeLib.sol";
import {JarLedger} from "./JarLedger.sol";

/// @notice What a payer allows itself in a calendar month.
abstract contract MonthlyCaps is JarLedger {
    uint256 internal constant NO_LIMIT = type(uint96).max;

    /// @dev Check and effect: `payer` pays `amount` into the escrow. Without a cap, one storage read.
    function _countPaid(address payer, uint256 amount) internal virtual {
        MonthlyCap storage cap = _monthlyCaps[payer];
        if (!cap.isSet) return;
        (uint256 limit, uint256 used) = _thisMonth(cap);
        if (limit == NO_LIMIT) return;
        require(used + amount <= limit, Jar_OverMonthlyCap(payer, used, amount, limit));
        (cap.limit, cap.used, cap.month) = (uint96(limit), uint96(used + amount), uint24(_month()));
        if (cap.nextMonth <= _month()) cap.nextMonth = 0;
    }

    function _setCap(address payer, uint256 limit) internal {
        MonthlyCap storage cap = _monthlyCaps[payer];
        uint256 month = _month();
        (uint256 now_, uint256 used) = _thisMonth(cap);
        (cap.isSet, cap.month, cap.used) = (true, uint24(month), uint96(used));
        if (limit <= now_) {
            (cap.limit, cap.nextMonth) = (uint96(limit), 0);
        } else {
            ++month;
            (cap.limit, cap.nextLimit, cap.nextMonth) = (uint96(now_), uint96(limit), uint24(month));
        }
        emit MonthlyCapSet(payer, limit, month);
    }

    /// @return limit of this month, `NO_LIMIT` for none
    /// @return used so far
    function _thisMonth(MonthlyCap storage cap) internal view returns (uint256 limit, uint256 used) {
        if (!cap.isSet) return (NO_LIMIT, 0);
        uint256 month = _month();
        uint256 next = cap.nextMonth;
        limit = next != 0 && next <= month ? cap.nextLimit : cap.limit;
        used = cap.month == month ? cap.used : 0;
    }

    /// @dev Months since January 1970, UTC.
    function _month() internal view returns (uint256) {
        (uint256 year, uint256 month,) = DateTimeLib.epochDayToDate(block.timestamp / DAY);
        return year * 12 + month - 1 - 1970 * 12;
    }
}
