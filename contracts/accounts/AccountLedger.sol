// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IPrepaidAccounts} from "../../interfaces/IPrepaidAccounts.sol";
import {CustodyDesk} from "../common/CustodyDesk.sol";
import {Service} from "../common/Service.sol";
import {MAX_DEPOSIT, Prepaid, newPrepaid} from "../types/Prepaid.sol";

/// @notice All storage of PrepaidAccounts, and what deposits do to it.
abstract contract AccountLedger is IPrepaidAccounts, CustodyDesk, Service {
    using SafeERC20 for IERC20;

    /// @notice Four slots: what settlements read, what the owner's acts read, what was asked for, and what was counted.
    /// @param newSignerAt 0 where no signer was asked for
    /// @param withdrawableAt 0 where no withdrawal was asked for
    /// @param counted micro-units of `paid` that GiftCertificates knows to be used; of named series only
    struct Account {
        Prepaid prepaid;
        address owner;
        uint32 seriesId;
        uint24 delaySeconds;
        uint40 expiresAt;
        address newSigner;
        uint40 newSignerAt;
        uint40 withdrawableAt;
        uint48 counted;
    }

    uint256 internal constant MICRO_DIGITS = 6;
    uint256 internal constant MIN_DELAY = 1 hours;
    uint256 internal constant MAX_DELAY = 180 days;

    /// @dev Base units in a micro-unit.
    uint256 internal immutable _unit;
    /// @dev Micro-units: what 96 bits of base units hold, where a currency has more than 20 decimals.
    uint256 internal immutable _most;

    mapping(address counterparty => mapping(uint256 index => Account)) internal _accounts;

    constructor(address giftCertificates) Service(giftCertificates) {
        uint256 decimals = IERC20Metadata(address(_currency)).decimals();
        uint256 unit_ = decimals > MICRO_DIGITS ? 10 ** (decimals - MICRO_DIGITS) : 1;
        uint256 fits = type(uint96).max / unit_;
        (_unit, _most) = (unit_, fits < MAX_DEPOSIT ? fits : MAX_DEPOSIT);
        // GiftCertificates takes money from nobody but its caller: only what this contract itself restores.
        _currency.forceApprove(giftCertificates, type(uint256).max);
    }

    // ------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IPrepaidAccounts
    function account(address counterparty, uint64 index) external view returns (AccountView memory) {
        Account memory found = _accounts[counterparty][index];
        return AccountView(
            found.owner,
            found.prepaid.signer(),
            found.prepaid.deposit(),
            found.prepaid.paid(),
            found.delaySeconds,
            found.expiresAt,
            found.seriesId,
            found.withdrawableAt,
            found.newSigner,
            found.newSignerAt
        );
    }

    /// @inheritdoc IPrepaidAccounts
    function indexOf(address owner, uint96 salt) external pure returns (uint64) {
        return _indexOf(owner, salt);
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

    /// @dev Check and effect: a new account, whose first deposit (base units) is here already.
    /// @param opening but for its counterparty, which is `counterparty`
    function _open(
        address owner,
        address counterparty,
        Opening calldata opening,
        uint256 amount,
        uint256 seriesId
    ) internal returns (uint64 index) {
        (address signer, uint256 delay, uint256 expiresAt) =
            (opening.signer, opening.delaySeconds, opening.expiresAt);
        // What were paid to this contract itself nobody could ever fetch.
        require(counterparty != address(0) && counterparty != address(this), Custody_ZeroAddress());
        require(signer != address(0), Accounts_ZeroSigner());
        require(
            delay >= MIN_DELAY && delay <= MAX_DELAY, Accounts_DelayOutOfRange(delay, MIN_DELAY, MAX_DELAY)
        );
        require(
            expiresAt == 0 || block.timestamp < expiresAt, Accounts_ExpiryPassed(expiresAt, block.timestamp)
        );
        require(seriesId <= type(uint32).max, Accounts_SeriesTooHigh(seriesId, type(uint32).max));
        index = _indexOf(owner, opening.salt);
        Account storage made = _accounts[counterparty][index];
        require(made.owner == address(0), Accounts_Exists(counterparty, index));
        uint256 deposit = _sum(0, amount);
        made.prepaid = newPrepaid(signer, seriesId != 0, deposit);
        bytes32 topic = AccountOpened.selector;
        assembly ("memory-safe") {
            // The second slot in one write. An account without owner has nothing there.
            sstore(
                add(made.slot, 1),
                or(or(owner, shl(160, seriesId)), or(shl(192, delay), shl(216, expiresAt)))
            )
            // Signer, delay and expiry stand side by side in `opening`, and were checked as they were read.
            let words := mload(0x40)
            calldatacopy(words, add(opening, 0x40), 0x60)
            mstore(add(words, 0x60), seriesId)
            mstore(add(words, 0x80), deposit)
            log4(words, 0xa0, topic, owner, counterparty, index)
        }
    }

    /// @dev Check and effect: `amount` (base units) more, which is here already.
    function _add(address counterparty, uint256 index, uint256 amount, uint256 seriesId) internal {
        Account storage found = _accounts[counterparty][index];
        Prepaid prepaid = found.prepaid;
        require(prepaid.signer() != address(0), Accounts_Unknown(counterparty, index));
        if (prepaid.isNamed() || seriesId != 0) {
            uint256 own = found.seriesId;
            require(own == seriesId, Accounts_SeriesDiffers(own, seriesId));
        }
        uint256 sum = _sum(prepaid.deposit(), amount);
        found.prepaid = prepaid.withDeposit(sum);
        emit Deposited(counterparty, index, amount, sum);
    }

    /// @dev Nobody else can open, or be sent the money for, an account that somebody is about to open: 64 bits can't be hit.
    function _indexOf(address owner, uint256 salt) internal pure returns (uint64 index) {
        assembly ("memory-safe") {
            mstore(0x00, or(shl(96, owner), salt))
            index := shr(192, keccak256(0x00, 0x20))
        }
    }

    function _refuseMixed(address holder, address first, uint256 seriesId, uint256 firstSeriesId)
        internal
        pure
        override
    {
        revert Accounts_MixedCards(holder, first, seriesId, firstSeriesId);
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse PrepaidAccounts", "1");
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @return sum micro-units: a deposit and `amount` (base units) more
    function _sum(uint256 deposit, uint256 amount) private view returns (uint256 sum) {
        uint256 unit_ = _unit;
        unchecked {
            // A deposit has 47 bits.
            sum = amount / unit_;
            require(sum * unit_ == amount, Accounts_Dust(amount, unit_));
            require(sum != 0, Accounts_ZeroAmount());
            require(sum <= _most - deposit, Accounts_DepositTooLarge(deposit + sum, _most));
            sum += deposit;
        }
    }
}
