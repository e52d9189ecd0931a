// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPrepaidAccounts} from "../../interfaces/IPrepaidAccounts.sol";
import {AccountLedger} from "./AccountLedger.sol";

/// @notice Money that comes in, by the payer's own call or by its signature.
abstract contract Deposits is AccountLedger {
    bytes32 private constant OPEN_TYPEHASH = keccak256(
        "OpenAccount(address owner,address counterparty,uint96 salt,address signer,uint24 delaySeconds,uint40 expiresAt,uint96 amount,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant TOP_UP_TYPEHASH = keccak256(
        "TopUpAccount(address from,address counterparty,uint64 index,uint96 amount,uint64 nonce,uint40 deadline)"
    );

    /// @inheritdoc IPrepaidAccounts
    function open(Opening calldata opening, uint96 amount) external nonReentrant returns (uint64 index) {
        _pull(msg.sender, amount);
        return _open(msg.sender, opening.counterparty, opening, amount, 0);
    }

    /// @inheritdoc IPrepaidAccounts
    function openSigned(address owner, Opening calldata opening, uint96 amount, Consent calldata consent)
        external
        nonReentrant
        returns (uint64 index)
    {
        bytes32 structHash =
            keccak256(abi.encode(OPEN_TYPEHASH, owner, opening, amount, consent.nonce, consent.deadline));
        _pullByConsent(owner, amount, structHash, consent);
        return _open(owner, opening.counterparty, opening, amount, 0);
    }

    /// @inheritdoc IPrepaidAccounts
    function topUp(AccountKey calldata key, uint96 amount) external nonReentrant {
        _pull(msg.sender, amount);
        _add(key.counterparty, key.index, amount, 0);
    }

    /// @inheritdoc IPrepaidAccounts
    function topUpSigned(AccountKey calldata key, address from, uint96 amount, Consent calldata consent)
        external
        nonReentrant
    {
        bytes32 structHash =
            keccak256(abi.encode(TOP_UP_TYPEHASH, from, key, amount, consent.nonce, consent.deadline));
        _pullByConsent(from, amount, structHash, consent);
        _add(key.counterparty, key.index, amount, 0);
    }
}
