// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPrepaidAccounts} from "../../interfaces/IPrepaidAccounts.sol";
import {Prepaid} from "../types/Prepaid.sol";
import {AccountLedger} from "./AccountLedger.sol";

/// @notice What counterparties do: settle vouchers by the hundred.
abstract contract Settlements is AccountLedger {
    bytes32 private constant VOUCHER_TYPEHASH =
        keccak256("Voucher(address counterparty,address currency,uint40 index,uint48 amount)");
    bytes32 private constant LOCKED_VOUCHER_TYPEHASH = keccak256(
        "LockedVoucher(address counterparty,address currency,uint40 index,uint48 amount,bytes32 lock,uint40 expiresAt)"
    );
    uint256 private constant ROW = 75;
    uint256 private constant LOCKED_ROW = 112;
    /// @dev More than judging and booking one row takes.
    uint256 private constant ROW_GAS = 14_000;

    /// @notice What a batch builds up, in memory.
    /// @param words of the struct hash, written once but for what differs from row to row
    /// @param separator the domain's
    /// @param done rows that were settled, 11 bytes each
    /// @param skipped a bit for each row
    /// @param sum micro-units
    struct Batch {
        uint256[7] words;
        bytes32 separator;
        bytes done;
        bytes skipped;
        uint256 count;
        uint256 sum;
    }

    /// @inheritdoc IPrepaidAccounts
    function settle(address counterparty, bytes calldata rows) external nonReentrant returns (uint256) {
        Batch memory batch = _begin(counterparty, VOUCHER_TYPEHASH, rows.length, ROW);
        mapping(uint256 => Prepaid) storage accounts = _accounts[counterparty];
        uint256 end = rows.length;
        uint256 row;
        for (uint256 offset = 0; offset < end; offset += ROW) {
            bytes32 digest = _digest(batch, rows, offset, 5);
            if (!_take(batch, accounts, digest, rows, offset)) _skip(batch, row);
            ++row;
        }
        return _close(batch, counterparty);
    }

    /// @inheritdoc IPrepaidAccounts
    function settleLocked(address counterparty, bytes calldata rows) external nonReentrant returns (uint256) {
        Batch memory batch = _begin(counterparty, LOCKED_VOUCHER_TYPEHASH, rows.length, LOCKED_ROW);
        mapping(uint256 => Prepaid) storage accounts = _accounts[counterparty];
        uint256 end = rows.length;
        uint256 row;
        for (uint256 offset = 0; offset < end; offset += LOCKED_ROW) {
            uint256 expiresAt = _readLock(batch, rows, offset);
            bytes32 digest = _digest(batch, rows, offset, 7);
            if (block.timestamp >= expiresAt || !_take(batch, accounts, digest, rows, offset)) {
                _skip(batch, row);
            }
            ++row;
        }
        return _close(batch, counterparty);
    }

    /// @inheritdoc IPrepaidAccounts
    function settleOne(AccountKey calldata key, uint48 amount, bytes calldata signature)
        external
        nonReentrant
        returns (uint256 payout)
    {
        Prepaid prepaid = _accounts[key.counterparty][key.index];
        require(prepaid.signer() != address(0), Accounts_Unknown(key.counterparty, key.index));
        require(amount > prepaid.paid(), Accounts_StaleVoucher(amount, prepaid.paid()));
        require(amount <= prepaid.deposit(), Accounts_OverDeposit(amount, prepaid.deposit()));
        _checkSignature(
            prepaid.signer(),
            keccak256(abi.encode(VOUCHER_TYPEHASH, key.counterparty, _currency, key.index, amount)),
            signature
        );
        _accounts[key.counterparty][key.index] = prepaid.withPaid(amount);
        payout = (amount - prepaid.paid()) * _unit;
        emit Settled(key.counterparty, payout, abi.encodePacked(key.index, amount), hex"00");
        _payOut(key.counterparty, payout);
    }

    // ---------------------------------------------------------------------------------------------------- private

    function _begin(address counterparty, bytes32 typehash, uint256 length, uint256 row)
        private
        view
        returns (Batch memory batch)
    {
        require(length != 0 && length % row == 0, Accounts_RowBytes(length, row));
        batch.words[0] = uint256(typehash);
        batch.words[1] = uint160(counterparty);
        batch.words[2] = uint160(address(_currency));
        batch.separator = _domainSeparator();
        uint256 count = length / row;
        // 21 bytes more than needed: rows are written as whole words.
        batch.done = new bytes(count * 11 + 21);
        batch.skipped = new bytes((count + 7) / 8);
    }

    /// @dev The lock of the row at `offset` and its expiry, into the batch's last two words.
    function _readLock(Batch memory batch, bytes calldata rows, uint256 offset)
        private
        view
        returns (uint256 expiresAt)
    {
        assembly ("memory-safe") {
            let words := mload(batch)
            expiresAt := shr(216, calldataload(add(add(rows.offset, offset), 75)))
            mstore(0x00, calldataload(add(add(rows.offset, offset), 80)))
            // SHA-256, as Lightning's locks are; the precompile fails for want of gas only.
            if iszero(staticcall(gas(), 2, 0x00, 0x20, 0x00, 0x20)) { revert(0, 0) }
            mstore(add(words, 0xa0), mload(0x00))
            mstore(add(words, 0xc0), expiresAt)
        }
    }

    /// @dev The EIP-712 digest of the row at `offset`: of the batch's first `count` words, after index and amount went there.
    function _digest(Batch memory batch, bytes calldata rows, uint256 offset, uint256 count)
        private
        pure
        returns (bytes32 digest)
    {
        assembly ("memory-safe") {
            let words := mload(batch)
            let head := calldataload(add(rows.offset, offset))
            mstore(add(words, 0x60), shr(216, head))
            mstore(add(words, 0x80), shr(208, shl(40, head)))
            let structHash := keccak256(words, shl(5, count))
            // 0x1901 | separator | struct hash, over the free pointer's word, which is put back.
            let free := mload(0x40)
            mstore(0x00, 0x1901)
            mstore(0x20, mload(add(batch, 0x20)))
            mstore(0x40, structHash)
            digest := keccak256(0x1e, 0x42)
            mstore(0x40, free)
        }
    }

    /// @dev Check and effect: the row's voucher, if it is good.
    function _take(
        Batch memory batch,
        mapping(uint256 => Prepaid) storage accounts,
        bytes32 digest,
        bytes calldata rows,
        uint256 offset
    ) private returns (bool) {
        require(gasleft() >= ROW_GAS, Accounts_GasFloor(gasleft(), ROW_GAS));
        (uint256 index, uint256 amount) = (batch.words[3], batch.words[4]);
        Prepaid prepaid = accounts[index];
        uint256 paid = prepaid.paid();
        if (amount <= paid || amount > prepaid.deposit()) return false;
        address signer;
        assembly ("memory-safe") {
            let vs := calldataload(add(add(rows.offset, offset), 43))
            let words := mload(0x40)
            mstore(words, digest)
            mstore(add(words, 0x20), add(27, shr(255, vs)))
            calldatacopy(add(words, 0x40), add(add(rows.offset, offset), 11), 0x20)
            mstore(add(words, 0x60), shr(1, shl(1, vs)))
            mstore(0x00, 0)
            // Answers with nothing for what is no signature: then the signer is the zero address, which no account has.
            pop(staticcall(gas(), 1, words, 0x80, 0x00, 0x20))
            signer := mload(0x00)
        }
        if (signer != prepaid.signer()) return false;
        accounts[index] = prepaid.withPaid(amount);
        unchecked {
            // 2⁴⁸ each, and fewer rows than bytes of calldata.
            batch.sum += amount - paid;
        }
        bytes memory done = batch.done;
        uint256 count = batch.count;
        assembly ("memory-safe") {
            mstore(add(add(done, 0x20), mul(count, 11)), or(shl(216, index), shl(168, amount)))
        }
        batch.count = count + 1;
        return true;
    }

    function _skip(Batch memory batch, uint256 row) private pure {
        bytes memory skipped = batch.skipped;
        skipped[row >> 3] |= bytes1(uint8(0x80 >> (row & 7)));
    }

    function _close(Batch memory batch, address counterparty) private returns (uint256 payout) {
        bytes memory done = batch.done;
        uint256 length = batch.count * 11;
        assembly ("memory-safe") {
            mstore(done, length)
        }
        payout = batch.sum * _unit;
        emit Settled(counterparty, payout, done, batch.skipped);
        _payOut(counterparty, payout);
    }
}
