// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICertificateTypes} from "../../interfaces/ICertificateTypes.sol";
import {IPrepaidAccounts} from "../../interfaces/IPrepaidAccounts.sol";
import {Prepaid} from "../types/Prepaid.sol";
import {AccountLedger} from "./AccountLedger.sol";

/// @notice What only an account's owner does: withdraw, rotate the signer; after a delay, in which vouchers are settled.
abstract contract Owners is AccountLedger {
    bytes32 private constant REQUEST_WITHDRAWAL_TYPEHASH = keccak256(
        "RequestWithdrawal(address owner,address counterparty,uint64 index,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant CANCEL_WITHDRAWAL_TYPEHASH = keccak256(
        "CancelWithdrawal(address owner,address counterparty,uint64 index,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant WITHDRAW_TYPEHASH =
        keccak256("Withdraw(address owner,address counterparty,uint64 index,uint64 nonce,uint40 deadline)");
    bytes32 private constant REQUEST_SIGNER_TYPEHASH = keccak256(
        "RequestSigner(address owner,address counterparty,uint64 index,address signer,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant CHANGE_SIGNER_TYPEHASH = keccak256(
        "ChangeSigner(address owner,address counterparty,uint64 index,uint64 nonce,uint40 deadline)"
    );

    // ------------------------------------------------------------------------------------------------- withdrawal

    /// @inheritdoc IPrepaidAccounts
    function requestWithdrawal(AccountKey calldata key, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 availableAt)
    {
        Account storage found = _byOwner(REQUEST_WITHDRAWAL_TYPEHASH, key, consent);
        availableAt = block.timestamp + found.delaySeconds;
        // casting to 'uint40' is safe for 34,000 years
        // forge-lint: disable-next-line(unsafe-typecast)
        found.withdrawableAt = uint40(availableAt);
        emit WithdrawalRequested(key.counterparty, key.index, availableAt);
    }

    /// @inheritdoc IPrepaidAccounts
    function cancelWithdrawal(AccountKey calldata key, Consent calldata consent) external nonReentrant {
        Account storage found = _byOwner(CANCEL_WITHDRAWAL_TYPEHASH, key, consent);
        require(found.withdrawableAt != 0, Accounts_NotRequested(key.counterparty, key.index));
        found.withdrawableAt = 0;
        emit WithdrawalCancelled(key.counterparty, key.index);
    }

    /// @inheritdoc IPrepaidAccounts
    function withdraw(AccountKey calldata key, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 amount)
    {
        Account storage found = _byOwner(WITHDRAW_TYPEHASH, key, consent);
        uint256 expiresAt = found.expiresAt;
        if (expiresAt == 0 || block.timestamp < expiresAt) {
            _checkDue(key, found.withdrawableAt, found.delaySeconds);
        }
        (address owner, uint256 seriesId) = (found.owner, found.seriesId);
        amount = _empty(key, found);
        _giveBack(owner, seriesId, amount);
    }

    /// @inheritdoc IPrepaidAccounts
    function forfeit(AccountKey calldata key) external nonReentrant returns (uint256 amount) {
        Account storage found = _known(key);
        uint256 seriesId = found.seriesId;
        require(seriesId != 0, Accounts_NotOfSeries(key.counterparty, key.index));
        ICertificateTypes.Terms memory terms = _certificates.terms(seriesId);
        uint256 availableAt = uint256(terms.limitationAt) + found.delaySeconds;
        require(block.timestamp >= availableAt, Accounts_NotYet(availableAt, block.timestamp));
        amount = _empty(key, found);
        _payOut(terms.beneficiary, amount);
    }

    // ----------------------------------------------------------------------------------------------------- signer

    /// @inheritdoc IPrepaidAccounts
    function requestSigner(AccountKey calldata key, address signer, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 availableAt)
    {
        Account storage found = _known(key);
        address owner = found.owner;
        if (!_isOwnCall(owner, consent)) {
            bytes32 structHash = keccak256(
                abi.encode(REQUEST_SIGNER_TYPEHASH, owner, key, signer, consent.nonce, consent.deadline)
            );
            _checkConsent(owner, structHash, consent);
        }
        if (signer == address(0)) {
            require(found.newSignerAt != 0, Accounts_NotRequested(key.counterparty, key.index));
            emit SignerRequestCancelled(key.counterparty, key.index);
        } else {
            availableAt = block.timestamp + found.delaySeconds;
            emit SignerRequested(key.counterparty, key.index, signer, availableAt);
        }
        // casting to 'uint40' is safe for 34,000 years
        // forge-lint: disable-next-line(unsafe-typecast)
        (found.newSigner, found.newSignerAt) = (signer, uint40(availableAt));
    }

    /// @inheritdoc IPrepaidAccounts
    function changeSigner(AccountKey calldata key, Consent calldata consent) external nonReentrant {
        Account storage found = _byOwner(CHANGE_SIGNER_TYPEHASH, key, consent);
        _checkDue(key, found.newSignerAt, found.delaySeconds);
        address signer = found.newSigner;
        (found.newSigner, found.newSignerAt) = (address(0), 0);
        found.prepaid = found.prepaid.withSigner(signer);
        emit SignerChanged(key.counterparty, key.index, signer);
    }

    // ---------------------------------------------------------------------------------------------------- private

    function _known(AccountKey calldata key) private view returns (Account storage found) {
        found = _accounts[key.counterparty][key.index];
        require(found.owner != address(0), Accounts_Unknown(key.counterparty, key.index));
    }

    /// @dev Check: the owner acts, or signed what has no parameter but the account.
    function _byOwner(bytes32 typehash, AccountKey calldata key, Consent calldata consent)
        private
        returns (Account storage found)
    {
        found = _known(key);
        address owner = found.owner;
        if (_isOwnCall(owner, consent)) return found;
        bytes32 structHash = keccak256(abi.encode(typehash, owner, key, consent.nonce, consent.deadline));
        _checkConsent(owner, structHash, consent);
    }

    /// @dev Check: what was asked for can be done now. `availableAt` 0: it was not.
    function _checkDue(AccountKey calldata key, uint256 availableAt, uint256 delay) private view {
        require(availableAt != 0, Accounts_NotRequested(key.counterparty, key.index));
        require(block.timestamp >= availableAt, Accounts_NotYet(availableAt, block.timestamp));
        uint256 lapsedAt = availableAt + delay;
        require(block.timestamp < lapsedAt, Accounts_Lapsed(lapsedAt, block.timestamp));
    }

    /// @dev Effect: what no voucher has taken is the account's no more.
    /// @return amount base units
    function _empty(AccountKey calldata key, Account storage found) private returns (uint256 amount) {
        found.withdrawableAt = 0;
        Prepaid prepaid = found.prepaid;
        uint256 paid = prepaid.paid();
        amount = (prepaid.deposit() - paid) * _unit;
        require(amount != 0, Accounts_NothingLeft(key.counterparty, key.index));
        found.prepaid = prepaid.withDeposit(paid);
        emit Withdrawn(key.counterparty, key.index, amount);
    }
}
