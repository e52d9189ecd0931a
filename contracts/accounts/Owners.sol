// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICertificateTypes} from "../../interfaces/ICertificateTypes.sol";
import {IPrepaidAccounts} from "../../interfaces/IPrepaidAccounts.sol";
import {Prepaid} from "../types/Prepaid.sol";
import {AccountLedger} from "./AccountLedger.sol";

/// @notice What payers do: open, top up, rotate the signer, withdraw.
abstract contract Owners is AccountLedger {
    bytes32 private constant OPEN_TYPEHASH = keccak256(
        "OpenAccount(address owner,address counterparty,uint40 index,address signer,uint24 delaySeconds,uint40 expiresAt,uint96 amount,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant TOP_UP_TYPEHASH = keccak256(
        "TopUpAccount(address from,address counterparty,uint40 index,uint96 amount,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant REQUEST_WITHDRAWAL_TYPEHASH = keccak256(
        "RequestWithdrawal(address owner,address counterparty,uint40 index,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant CANCEL_WITHDRAWAL_TYPEHASH = keccak256(
        "CancelWithdrawal(address owner,address counterparty,uint40 index,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant WITHDRAW_TYPEHASH =
        keccak256("Withdraw(address owner,address counterparty,uint40 index,uint64 nonce,uint40 deadline)");
    bytes32 private constant REQUEST_SIGNER_TYPEHASH = keccak256(
        "RequestSigner(address owner,address counterparty,uint40 index,address signer,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant CHANGE_SIGNER_TYPEHASH = keccak256(
        "ChangeSigner(address owner,address counterparty,uint40 index,uint64 nonce,uint40 deadline)"
    );

    /// @inheritdoc IPrepaidAccounts
    function open(Opening calldata opening, uint96 amount, Consent calldata consent) external nonReentrant {
        if (_isOwnCall(opening.owner, consent)) {
            _pull(opening.owner, amount);
        } else {
            bytes32 structHash =
                keccak256(abi.encode(OPEN_TYPEHASH, opening, amount, consent.nonce, consent.deadline));
            _pullByConsent(opening.owner, amount, structHash, consent);
        }
        _open(opening, amount, 0);
    }

    /// @inheritdoc IPrepaidAccounts
    function topUp(AccountKey calldata key, address from, uint96 amount, Consent calldata consent)
        external
        nonReentrant
    {
        if (_isOwnCall(from, consent)) {
            _pull(from, amount);
        } else {
            bytes32 structHash = keccak256(
                abi.encode(
                    TOP_UP_TYPEHASH,
                    from,
                    key.counterparty,
                    key.index,
                    amount,
                    consent.nonce,
                    consent.deadline
                )
            );
            _pullByConsent(from, amount, structHash, consent);
        }
        _add(key.counterparty, key.index, from, amount, 0);
    }

    // ------------------------------------------------------------------------------------------------- withdrawal

    /// @inheritdoc IPrepaidAccounts
    function requestWithdrawal(AccountKey calldata key, Consent calldata consent)
        external
        returns (uint256 availableAt)
    {
        Holder storage holder = _byOwner(REQUEST_WITHDRAWAL_TYPEHASH, key, consent);
        availableAt = block.timestamp + holder.delaySeconds;
        holder.withdrawableAt = uint40(availableAt);
        emit WithdrawalRequested(key.counterparty, key.index, availableAt);
    }

    /// @inheritdoc IPrepaidAccounts
    function cancelWithdrawal(AccountKey calldata key, Consent calldata consent) external {
        Holder storage holder = _byOwner(CANCEL_WITHDRAWAL_TYPEHASH, key, consent);
        require(holder.withdrawableAt != 0, Accounts_NotRequested(key.counterparty, key.index));
        holder.withdrawableAt = 0;
        emit WithdrawalCancelled(key.counterparty, key.index);
    }

    /// @inheritdoc IPrepaidAccounts
    function withdraw(AccountKey calldata key, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 amount)
    {
        Holder storage holder = _byOwner(WITHDRAW_TYPEHASH, key, consent);
        uint256 expiresAt = holder.expiresAt;
        if (expiresAt == 0 || block.timestamp < expiresAt) {
            uint256 availableAt = holder.withdrawableAt;
            require(availableAt != 0, Accounts_NotRequested(key.counterparty, key.index));
            _checkDue(availableAt, holder.delaySeconds);
        }
        holder.withdrawableAt = 0;
        Prepaid prepaid = _accounts[key.counterparty][key.index];
        amount = (prepaid.deposit() - prepaid.paid()) * _unit;
        require(amount != 0, Accounts_NothingLeft(key.counterparty, key.index));
        _accounts[key.counterparty][key.index] = prepaid.withDeposit(prepaid.paid());
        emit Withdrawn(key.counterparty, key.index, amount);
        _giveBack(holder.owner, holder.seriesId, amount);
    }

    // ----------------------------------------------------------------------------------------------------- signer

    /// @inheritdoc IPrepaidAccounts
    function requestSigner(AccountKey calldata key, address signer, Consent calldata consent)
        external
        returns (uint256 availableAt)
    {
        Holder storage holder = _known(key);
        address owner = holder.owner;
        if (!_isOwnCall(owner, consent)) {
            bytes32 structHash = keccak256(
                abi.encode(
                    REQUEST_SIGNER_TYPEHASH,
                    owner,
                    key.counterparty,
                    key.index,
                    signer,
                    consent.nonce,
                    consent.deadline
                )
            );
            _checkConsent(owner, structHash, consent);
        }
        if (signer == address(0)) {
            require(holder.newSignerAt != 0, Accounts_NotRequested(key.counterparty, key.index));
            emit SignerRequestCancelled(key.counterparty, key.index);
        } else {
            availableAt = block.timestamp + holder.delaySeconds;
            emit SignerRequested(key.counterparty, key.index, signer, availableAt);
        }
        (holder.newSigner, holder.newSignerAt) = (signer, uint40(availableAt));
    }

    /// @inheritdoc IPrepaidAccounts
    function changeSigner(AccountKey calldata key, Consent calldata consent) external {
        Holder storage holder = _byOwner(CHANGE_SIGNER_TYPEHASH, key, consent);
        uint256 availableAt = holder.newSignerAt;
        require(availableAt != 0, Accounts_NotRequested(key.counterparty, key.index));
        _checkDue(availableAt, holder.delaySeconds);
        address signer = holder.newSigner;
        (holder.newSigner, holder.newSignerAt) = (address(0), 0);
        _accounts[key.counterparty][key.index] = _accounts[key.counterparty][key.index].withSigner(signer);
        emit SignerChanged(key.counterparty, key.index, signer);
    }

    // ---------------------------------------------------------------------------------------------------- private

    function _known(AccountKey calldata key) private view returns (Holder storage holder) {
        holder = _holders[key.counterparty][key.index];
        require(holder.owner != address(0), Accounts_Unknown(key.counterparty, key.index));
    }

    /// @dev Check: the owner acts, or signed what has no parameter but the account.
    function _byOwner(bytes32 typehash, AccountKey calldata key, Consent calldata consent)
        private
        returns (Holder storage holder)
    {
        holder = _known(key);
        address owner = holder.owner;
        if (_isOwnCall(owner, consent)) return holder;
        bytes32 structHash = keccak256(
            abi.encode(typehash, owner, key.counterparty, key.index, consent.nonce, consent.deadline)
        );
        _checkConsent(owner, structHash, consent);
    }

    function _checkDue(uint256 availableAt, uint256 delay) private view {
        require(availableAt <= block.timestamp, Accounts_NotYet(availableAt, block.timestamp));
        uint256 lapsedAt = availableAt + delay;
        require(block.timestamp < lapsedAt, Accounts_Lapsed(lapsedAt, block.timestamp));
    }

    /// @dev Interaction. Money of a named series never becomes cash.
    function _giveBack(address owner, uint256 seriesId, uint256 amount) private {
        address payee = owner;
        if (seriesId != 0) {
            ICertificateTypes.Terms memory terms = _certificates.terms(seriesId);
            if (block.timestamp < terms.limitationAt) {
                uint256 before = _balance();
                // casting to 'uint96' is safe because a deposit has 48 bits of micro-units, paid in amounts of 96 bits
                // forge-lint: disable-next-line(unsafe-typecast)
                _certificates.restoreFromService(owner, seriesId, uint96(amount));
                uint256 held = _balance();
                require(held + amount >= before, Custody_LeftDiffers(amount, before - held));
                return;
            }
            payee = terms.beneficiary;
        }
        _payOut(payee, amount);
    }
}
