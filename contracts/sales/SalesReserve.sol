// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ICertificateSales} from "../../interfaces/ICertificateSales.sol";
import {ICertificateTypes} from "../../interfaces/ICertificateTypes.sol";
import {IGiftCertificates} from "../../interfaces/IGiftCertificates.sol";
import {Custody} from "../common/Custody.sol";
import {CustodyDesk} from "../common/CustodyDesk.sol";

/// @notice The currency side: what leaves was booked, and of what came in only the rest is anybody's face.
abstract contract SalesReserve is ICertificateSales, CustodyDesk {
    using SafeERC20 for IERC20;

    IGiftCertificates internal immutable _certificates;

    /// @dev Budgets and premiums: what this contract owes beside `_totalOwed`. What it holds beyond both was sent by mistake
    /// and stays.
    uint256 internal _booked;

    constructor(address giftCertificates) Custody(_currencyOf(giftCertificates)) {
        _certificates = IGiftCertificates(giftCertificates);
        // GiftCertificates takes money from nobody but its caller: only what this contract itself issues.
        _currency.forceApprove(giftCertificates, type(uint256).max);
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICertificateSales
    function certificates() external view returns (address) {
        return address(_certificates);
    }

    /// @inheritdoc ICertificateSales
    function booked() external view returns (uint256) {
        return _booked + _totalOwed;
    }

    // -------------------------------------------------------------------------------------------------- internal

    /// @dev GiftCertificates measured that `amount` came. In a currency that shrank it is first needed for what is owed, and
    /// pays nobody else.
    function _checkUnbooked(uint256 amount) internal view {
        uint256 held = _balance();
        uint256 due = _booked + _totalOwed;
        uint256 unbooked = held > due ? held - due : 0;
        require(unbooked >= amount, Custody_ArrivedDiffers(amount, unbooked));
    }

    /// @dev Full face for `to`, against money that is here and not booked (any more). Warning: hands control to `to`.
    function _issue(uint256 seriesId, address to, uint96 amount) internal {
        uint256 before = _balance();
        _certificates.issue(seriesId, to, amount);
        _checkLeft(before, amount);
    }

    /// @dev Pay booked money, or owe it when the currency refuses.
    function _payBooked(address payee, uint256 amount) internal {
        _booked -= amount;
        _payOut(payee, amount);
    }

    /// @dev Pay booked money, or revert.
    function _payNow(address payee, uint256 amount) internal {
        _booked -= amount;
        require(_tryPay(payee, amount), Custody_LeftDiffers(amount, 0));
    }

    function _checkIssuer(uint256 seriesId) internal view {
        require(msg.sender == _state(seriesId).issuer, CertificateSales_NotIssuer(seriesId, msg.sender));
    }

    function _state(uint256 seriesId) internal view returns (ICertificateTypes.State memory) {
        return _certificates.state(seriesId);
    }

    function _terms(uint256 seriesId) internal view returns (ICertificateTypes.Terms memory) {
        return _certificates.terms(seriesId);
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse CertificateSales", "1");
    }

    // --------------------------------------------------------------------------------------------------- private

    function _currencyOf(address giftCertificates) private view returns (address) {
        require(giftCertificates.code.length != 0, Custody_ZeroAddress());
        return IGiftCertificates(giftCertificates).currency();
    }
}
