// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IGiftCertificates} from "../../interfaces/IGiftCertificates.sol";
import {IPrepaidAccounts} from "../../interfaces/IPrepaidAccounts.sol";
import {Custody} from "../common/Custody.sol";
import {CustodyDesk} from "../common/CustodyDesk.sol";
import {MAX_DEPOSIT, Prepaid, newPrepaid} from "../types/Prepaid.sol";

/// @notice All storage of PrepaidAccounts, and deposits.
abstract contract AccountLedger is IPrepaidAccounts, CustodyDesk {
    using SafeERC20 for IERC20;

    /// @notice What only the owner's acts read: one slot, and another while something is asked for.
    /// @param newSignerAt 0 where no signer was asked for
    struct Holder {
        address owner;
        uint32 seriesId;
        uint24 delaySeconds;
        uint40 expiresAt;
        address newSigner;
        uint40 newSignerAt;
        uint40 withdrawableAt;
    }

    uint256 internal constant MICRO_DIGITS = 6;
    uint256 internal constant MIN_DELAY = 1 hours;
    uint256 internal constant MAX_DELAY = 180 days;

    IGiftCertificates internal immutable _certificates;
    uint256 internal immutable _unit;

    mapping(address counterparty => mapping(uint256 index => Prepaid)) internal _accounts;
    mapping(address counterparty => mapping(uint256 index => Holder)) internal _holders;

    constructor(address giftCertificates) Custody(_currencyOf(giftCertificates)) {
        _certificates = IGiftCertificates(giftCertificates);
        uint256 decimals = IERC20Metadata(address(_currency)).decimals();
        _unit = decimals > MICRO_DIGITS ? 10 ** (decimals - MICRO_DIGITS) : 1;
        // GiftCertificates takes money from nobody but its caller: only what this contract itself restores.
        _currency.forceApprove(giftCertificates, type(uint256).max);
    }

    // ------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IPrepaidAccounts
    function account(address counterparty, uint40 index) external view returns (AccountView memory) {
        Prepaid prepaid = _accounts[counterparty][index];
        Holder memory holder = _holders[counterparty][index];
        return AccountView(
            holder.owner,
            prepaid.signer(),
            prepaid.deposit(),
            prepaid.paid(),
            holder.delaySeconds,
            holder.expiresAt,
            holder.seriesId,
            holder.withdrawableAt,
            holder.newSigner,
            holder.newSignerAt
        );
    }

    /// @inheritdoc IPrepaidAccounts
    function unit() external view returns (uint256) {
        return _unit;
    }

    /// @inheritdoc IPrepaidAccounts
    function certificates() external view returns (address) {
        return address(_certificates);
    }

    // --------------------------------------------------------------------------------------------------- internal

    /// @dev Check and effect: a new account, whose first deposit is here already.
    function _open(Opening memory opening, uint256 amount, uint256 seriesId) internal {
        (address counterparty, uint256 index) = (opening.counterparty, opening.index);
        require(counterparty != address(0), Custody_ZeroAddress());
        require(opening.signer != address(0), Accounts_ZeroSigner());
        uint256 delay = opening.delaySeconds;
        require(
            delay >= MIN_DELAY && delay <= MAX_DELAY, Accounts_DelayOutOfRange(delay, MIN_DELAY, MAX_DELAY)
        );
        require(
            opening.expiresAt == 0 || block.timestamp < opening.expiresAt,
            Accounts_ExpiryPassed(opening.expiresAt, block.timestamp)
        );
        require(seriesId <= type(uint32).max, Accounts_SeriesTooHigh(seriesId, type(uint32).max));
        Holder storage holder = _holders[counterparty][index];
        require(holder.owner == address(0), Accounts_Exists(counterparty, index));
        // forge-lint: disable-next-line(unsafe-typecast)
        (holder.owner, holder.seriesId) = (opening.owner, uint32(seriesId));
        (holder.delaySeconds, holder.expiresAt) = (opening.delaySeconds, opening.expiresAt);
        uint256 micros = _micros(amount);
        require(micros <= MAX_DEPOSIT, Accounts_DepositTooLarge(micros, MAX_DEPOSIT));
        _accounts[counterparty][index] = newPrepaid(opening.signer, seriesId != 0, micros);
        emit AccountOpened(
            opening.owner, counterparty, index, opening.signer, delay, opening.expiresAt, seriesId, micros
        );
    }

    /// @dev Check and effect: `amount` more, which is here already.
    function _add(address counterparty, uint256 index, address from, uint256 amount, uint256 seriesId)
        internal
    {
        Prepaid prepaid = _accounts[counterparty][index];
        require(prepaid.signer() != address(0), Accounts_Unknown(counterparty, index));
        if (prepaid.isNamed() || seriesId != 0) {
            uint256 own = _holders[counterparty][index].seriesId;
            require(own == seriesId, Accounts_SeriesDiffers(own, seriesId));
        }
        uint256 sum = prepaid.deposit() + _micros(amount);
        require(sum <= MAX_DEPOSIT, Accounts_DepositTooLarge(sum, MAX_DEPOSIT));
        _accounts[counterparty][index] = prepaid.withDeposit(sum);
        emit Deposited(counterparty, index, from, amount, sum);
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse PrepaidAccounts", "1");
    }

    // ---------------------------------------------------------------------------------------------------- private

    function _micros(uint256 amount) private view returns (uint256) {
        require(amount != 0, Accounts_ZeroAmount());
        require(amount % _unit == 0, Accounts_Dust(amount, _unit));
        return amount / _unit;
    }

    function _currencyOf(address giftCertificates) private view returns (address) {
        require(giftCertificates.code.length != 0, Custody_ZeroAddress());
        return IGiftCertificates(giftCertificates).currency();
    }
}
