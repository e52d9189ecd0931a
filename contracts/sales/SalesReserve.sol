// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "solady/src/utils/EIP712.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {ICertificateSales} from "../../interfaces/ICertificateSales.sol";
import {ICertificateTypes} from "../../interfaces/ICertificateTypes.sol";
import {IGiftCertificates} from "../../interfaces/IGiftCertificates.sol";
import {Signatures} from "../libraries/Signatures.sol";

/// @notice The currency side: what comes in is measured, what leaves was booked, what is refused is owed.
abstract contract SalesReserve is ICertificateSales, ReentrancyGuardTransient, EIP712 {
    using SafeERC20 for IERC20;

    /// @dev A payout that fails with less gas than this behind it may have been starved: it reverts instead of being owed.
    uint256 private constant PAYOUT_GAS = 150_000;
    /// @dev How far a nonce may lie above the watermark, as in GiftCertificates.
    uint256 private constant NONCE_WINDOW = 1 << 32;
    bytes32 private constant OWED_WITHDRAWAL_TYPEHASH =
        keccak256("OwedWithdrawal(address payee,address to,uint64 nonce,uint40 deadline)");

    IGiftCertificates internal immutable _certificates;
    IERC20 internal immutable _currency;

    /// @dev All that this contract owes. What it holds beyond that was sent by mistake and stays.
    uint256 internal _booked;
    mapping(address payee => uint256) private _owed;
    uint256 private _totalOwed;
    mapping(address payee => uint256) private _watermark;

    constructor(address giftCertificates_) {
        require(giftCertificates_.code.length != 0, CertificateSales_ZeroAddress());
        _certificates = IGiftCertificates(giftCertificates_);
        _currency = IERC20(_certificates.currency());
        // GiftCertificates takes money from nobody but its caller: only what this contract itself issues.
        _currency.forceApprove(giftCertificates_, type(uint256).max);
    }

    // ------------------------------------------------------------------------------------------------------ owed

    /// @inheritdoc ICertificateSales
    function withdrawOwed(address payee, address to, ICertificateTypes.Authorization calldata authorization)
        external
        nonReentrant
        returns (uint256 amount)
    {
        require(to != address(0) && to != address(this), CertificateSales_ZeroAddress());
        if (authorization.signature.length == 0) {
            require(msg.sender == payee, CertificateSales_NotPayee(payee, msg.sender));
        } else {
            (uint256 nonce, uint256 last) = (authorization.nonce, _watermark[payee]);
            require(nonce > last, CertificateSales_NonceTooLow(nonce, last));
            require(nonce <= last + NONCE_WINDOW, CertificateSales_NonceTooHigh(nonce, last + NONCE_WINDOW));
            _checkDeadline(authorization.deadline);
            _watermark[payee] = nonce;
            _checkSignature(
                payee,
                keccak256(abi.encode(OWED_WITHDRAWAL_TYPEHASH, payee, to, nonce, authorization.deadline)),
                authorization.signature
            );
        }
        amount = _owed[payee];
        require(amount != 0, CertificateSales_NothingOwed(payee));
        _owed[payee] = 0;
        _totalOwed -= amount;
        emit OwedPaid(payee, to, amount);
        _payNow(to, amount);
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICertificateSales
    function giftCertificates() external view returns (address) {
        return address(_certificates);
    }

    /// @inheritdoc ICertificateSales
    function currency() external view returns (address) {
        return address(_currency);
    }

    /// @inheritdoc ICertificateSales
    function owed(address payee) external view returns (uint256) {
        return _owed[payee];
    }

    /// @inheritdoc ICertificateSales
    function totalOwed() external view returns (uint256) {
        return _totalOwed;
    }

    /// @inheritdoc ICertificateSales
    function watermark(address payee) external view returns (uint256) {
        return _watermark[payee];
    }

    /// @inheritdoc ICertificateSales
    function booked() external view returns (uint256) {
        return _booked;
    }

    /// @inheritdoc ICertificateSales
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparator();
    }

    // -------------------------------------------------------------------------------------------------- internal

    /// @dev What arrived is measured: a currency that keeps a fee is refused. The caller books it, or hands it on.
    function _pull(address from, uint256 amount) internal {
        if (amount == 0) return;
        uint256 before = _currency.balanceOf(address(this));
        _currency.safeTransferFrom(from, address(this), amount);
        uint256 arrived = _currency.balanceOf(address(this)) - before;
        require(arrived == amount, CertificateSales_ArrivedDiffers(amount, arrived));
    }

    /// @dev GiftCertificates measured that `amount` came. In a currency that shrank it is first needed for what is owed, and
    /// pays nobody else.
    function _checkArrived(uint256 amount) internal view {
        uint256 held = _currency.balanceOf(address(this));
        uint256 unbooked = held > _booked ? held - _booked : 0;
        require(unbooked >= amount, CertificateSales_ArrivedDiffers(amount, unbooked));
    }

    /// @dev Full face for `to`, against money that is here and not booked (any more). What left is measured, as in `_tryPay`;
    /// more may have come in meanwhile, and that is no error. Warning: hands control to `to`.
    function _issue(uint256 seriesId, address to, uint96 amount) internal {
        uint256 before = _currency.balanceOf(address(this));
        _certificates.issue(seriesId, to, amount);
        uint256 left = FixedPointMathLib.zeroFloorSub(before, _currency.balanceOf(address(this)));
        require(left <= amount, CertificateSales_LeftDiffers(amount, left));
    }

    /// @dev Pay booked money, or owe it when the currency refuses (a blacklisted payee, a pause).
    function _payOut(address payee, uint256 amount) internal {
        if (amount == 0) return;
        if (_tryPay(payee, amount)) {
            _booked -= amount;
            return;
        }
        // The refused call had 63/64 of the gas, this is the rest.
        uint256 floor = PAYOUT_GAS / 63;
        require(gasleft() > floor, CertificateSales_GasFloor(gasleft(), floor));
        _owed[payee] += amount;
        _totalOwed += amount;
        emit PayoutOwed(payee, amount);
    }

    /// @dev Pay booked money, or revert.
    function _payNow(address payee, uint256 amount) internal {
        require(_tryPay(payee, amount), CertificateSales_LeftDiffers(amount, 0));
        _booked -= amount;
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

    function _checkDeadline(uint256 deadline) internal view {
        require(block.timestamp < deadline, CertificateSales_DeadlinePassed(deadline, block.timestamp));
    }

    function _checkSignature(address signer, bytes32 structHash, bytes calldata signature) internal view {
        bytes32 digest = _hashTypedData(structHash);
        require(
            Signatures.isValid(signer, digest, signature), CertificateSales_InvalidSignature(signer, digest)
        );
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse CertificateSales", "1");
    }

    /// @dev What left is measured: a currency that says yes and moves nothing has not paid; one that takes more than it was
    /// told to would eat what others are owed and is refused.
    function _tryPay(address payee, uint256 amount) private returns (bool) {
        uint256 before = _currency.balanceOf(address(this));
        if (!_currency.trySafeTransfer(payee, amount)) return false;
        uint256 left = FixedPointMathLib.rawSub(before, _currency.balanceOf(address(this))); // one that rose wraps
        if (left == 0) return false;
        require(left == amount, CertificateSales_LeftDiffers(amount, left));
        return true;
    }
}
