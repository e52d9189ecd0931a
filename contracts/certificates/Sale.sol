// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MAX_AMOUNT} from "../types/Account.sol";
import {Series, WOUND_DOWN} from "../types/Series.sol";
import {Ledger} from "./Ledger.sol";

/// @notice Who may create face, when, and in what amounts.
abstract contract Sale is Ledger {
    function _checkSale(uint256 seriesId) internal view returns (uint256 denomination) {
        Series series = _known(seriesId);
        require(!series.has(WOUND_DOWN), GiftCertificates_AlreadyWoundDown(seriesId));
        require(
            _isAhead(series.salesCloseAt()), GiftCertificates_SalesClosed(seriesId, series.salesCloseAt())
        );
        return _records[seriesId].denomination;
    }

    function _checkIssue(uint256 seriesId, address to, uint256 amount, uint256 denomination) internal pure {
        require(to != address(0), GiftCertificates_ZeroAddress());
        require(amount != 0, GiftCertificates_ZeroAmount(seriesId));
        require(
            denomination == 0 || amount % denomination == 0,
            GiftCertificates_NotWholeCertificates(amount, denomination)
        );
    }

    function _useOperator(uint256 seriesId, uint256 amount) internal {
        if (msg.sender == _records[seriesId].issuer) return;
        Operator memory power = _operators[seriesId][msg.sender];
        require(power.dailyLimit != 0, GiftCertificates_NotOperator(seriesId, msg.sender));
        if (power.dailyLimit == MAX_AMOUNT) return;
        uint256 today = block.timestamp / 1 days;
        uint256 left = power.dailyLimit;
        if (power.today == today) left = left > power.issuedToday ? left - power.issuedToday : 0;
        else power.issuedToday = 0;
        require(amount <= left, GiftCertificates_OverDailyLimit(amount, left));
        power.issuedToday += uint96(amount);
        power.today = uint40(today);
        _operators[seriesId][msg.sender] = power;
    }

    /// @dev What was refused was not issued. An issuer and an unlimited operator have no count to lower.
    function _restoreLimit(uint256 seriesId, uint256 amount) internal {
        Operator storage power = _operators[seriesId][msg.sender];
        if (msg.sender == _records[seriesId].issuer || power.dailyLimit == MAX_AMOUNT) return;
        power.issuedToday -= uint96(amount);
    }
}
