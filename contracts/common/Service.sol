// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICertificateTypes} from "../../interfaces/ICertificateTypes.sol";
import {IGiftCertificates} from "../../interfaces/IGiftCertificates.sol";
import {IRedemptionReceiver} from "../../interfaces/IRedemptionReceiver.sol";
import {Custody} from "./Custody.sol";

/// @notice What certificates are redeemed into, of one GiftCertificates: whose cards paid, and the way back to them.
abstract contract Service is Custody {
    IGiftCertificates internal immutable _certificates;

    constructor(address giftCertificates) Custody(_currencyOf(giftCertificates)) {
        _certificates = IGiftCertificates(giftCertificates);
    }

    // --------------------------------------------------------------------------------------------------- internal

    /// @return holder whose cards they all are
    /// @return seriesId the named series they all are of, or 0 where all are of open series
    function _oneHolder(IRedemptionReceiver.Portion[] calldata portions)
        internal
        view
        returns (address holder, uint256 seriesId)
    {
        holder = portions[0].holder;
        seriesId = _namedSeries(portions[0].seriesId);
        for (uint256 i = 1; i < portions.length; ++i) {
            IRedemptionReceiver.Portion calldata portion = portions[i];
            uint256 other =
                portion.seriesId == portions[i - 1].seriesId ? seriesId : _namedSeries(portion.seriesId);
            if (portion.holder != holder || other != seriesId) {
                _refuseMixed(portion.holder, holder, other, seriesId);
            }
        }
    }

    /// @dev Reverts with the service's own error: cards of several holders, or of a named series and of others.
    function _refuseMixed(address holder, address first, uint256 seriesId, uint256 firstSeriesId)
        internal
        pure
        virtual;

    /// @dev Interaction: money that `holder` put down goes back as what it was. Of a named series it is the card's again, and from
    /// the series' limitation on its beneficiary's. `seriesId` 0 for plain money; the amount has 96 bits.
    function _giveBack(address holder, uint256 seriesId, uint256 amount) internal {
        if (seriesId == 0) {
            _payOut(holder, amount);
            return;
        }
        ICertificateTypes.Terms memory terms = _certificates.terms(seriesId);
        if (block.timestamp < terms.limitationAt) _restore(holder, seriesId, amount);
        else _payOut(terms.beneficiary, amount);
    }

    /// @dev Interaction: GiftCertificates takes the money by allowance and mints the card. Money of a named series never becomes
    /// cash. The caller knows that the amount has 96 bits.
    function _restore(address holder, uint256 seriesId, uint256 amount) internal {
        uint256 before = _balance();
        // forge-lint: disable-next-line(unsafe-typecast)
        _certificates.restoreFromService(holder, seriesId, uint96(amount));
        _checkLeft(before, amount);
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @return 0 for a series whose money may be had as cash
    function _namedSeries(uint256 seriesId) private view returns (uint256) {
        return _certificates.terms(seriesId).named ? seriesId : 0;
    }

    function _currencyOf(address giftCertificates) private view returns (address) {
        require(giftCertificates.code.length != 0, Custody_ZeroAddress());
        return IGiftCertificates(giftCertificates).currency();
    }
}
