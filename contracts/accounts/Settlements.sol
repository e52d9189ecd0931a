// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPrepaidAccounts} from "../../interfaces/IPrepaidAccounts.sol";
import {Prepaid} from "../types/Prepaid.sol";
import {AccountLedger} from "./AccountLedger.sol";

/// @notice What counterparties do: settle vouchers by the hundred.
abstract contract Settlements is AccountLedger {
    bytes32 private constant VOUCHER_TYPEHASH =
        keccak256("Voucher(address counterparty,address currency,uint64 index,uint48 amount)");
    bytes32 private constant LOCKED_VOUCHER_TYPEHASH = keccak256(
        "LockedVoucher(address counterparty,address currency,uint64 index,uint48 amount,bytes32 lock,uint40 expiresAt)"
    );
    uint256 private constant ROW = 78;
    uint256 private constant LOCKED_ROW = 115;
    /// @dev `index 64 | amount 48`, as the event has them.
    uint256 private constant DONE_ROW = 14;
    uint256 private constant FRAME = 15;
    /// @dev More than judging and booking one row takes.
    uint256 private constant ROW_GAS = 14_000;

    /// @inheritdoc IPrepaidAccounts
    function settle(address counterparty, bytes calldata rows)
        external
        nonReentrant
        returns (uint256 payout)
    {
        return _settle(counterparty, rows, ROW, VOUCHER_TYPEHASH);
    }

    /// @inheritdoc IPrepaidAccounts
    function settleLocked(address counterparty, bytes calldata rows)
        external
        nonReentrant
        returns (uint256 payout)
    {
        return _settle(counterparty, rows, LOCKED_ROW, LOCKED_VOUCHER_TYPEHASH);
    }

    /// @inheritdoc IPrepaidAccounts
    function settleOne(AccountKey calldata key, uint48 amount, bytes calldata signature)
        external
        nonReentrant
        returns (uint256 payout)
    {
        bytes32 structHash = keccak256(
            abi.encode(VOUCHER_TYPEHASH, key.counterparty, _currency, key.index, amount)
        );
        return _settleOne(key, amount, structHash, signature);
    }

    /// @inheritdoc IPrepaidAccounts
    function settleOneLocked(
        AccountKey calldata key,
        uint48 amount,
        uint40 expiresAt,
        bytes32 preimage,
        bytes calldata signature
    ) external nonReentrant returns (uint256 payout) {
        require(block.timestamp < expiresAt, Accounts_VoucherExpired(expiresAt, block.timestamp));
        bytes32 structHash = keccak256(
            abi.encode(
                LOCKED_VOUCHER_TYPEHASH,
                key.counterparty,
                _currency,
                key.index,
                amount,
                sha256(abi.encode(preimage)),
                expiresAt
            )
        );
        return _settleOne(key, amount, structHash, signature);
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @dev The slower path: reverts where a row is skipped, and lets a contract wallet answer for its signature.
    function _settleOne(AccountKey calldata key, uint256 amount, bytes32 structHash, bytes calldata signature)
        private
        returns (uint256 payout)
    {
        Account storage found = _accounts[key.counterparty][key.index];
        Prepaid prepaid = found.prepaid;
        require(prepaid.signer() != address(0), Accounts_Unknown(key.counterparty, key.index));
        require(amount > prepaid.paid(), Accounts_StaleVoucher(amount, prepaid.paid()));
        require(amount <= prepaid.deposit(), Accounts_OverDeposit(amount, prepaid.deposit()));
        _checkSignature(prepaid.signer(), structHash, signature);
        found.prepaid = prepaid.withPaid(amount);
        payout = (amount - prepaid.paid()) * _unit;
        // casting to 'uint48' is safe because it is one of the callers'
        // forge-lint: disable-next-line(unsafe-typecast)
        emit Settled(key.counterparty, payout, abi.encodePacked(key.index, uint48(amount)), "");
        _payOut(key.counterparty, payout);
    }

    /// @dev One loop for both kinds of row. The event's data are laid out where they are logged: payout, two offsets, what was
    /// settled, and the bitmap, which is kept behind the longest possible list until that list is known.
    function _settle(address counterparty, bytes calldata rows, uint256 row, bytes32 typehash)
        private
        returns (uint256 payout)
    {
        uint256 count = rows.length / row;
        unchecked {
            require(count != 0 && count * row == rows.length, Accounts_RowBytes(rows.length, row));
        }
        uint256[FRAME] memory frame;
        frame[0] = uint256(typehash);
        frame[1] = uint160(counterparty);
        frame[2] = uint160(address(_currency));
        frame[7] = 0x1901;
        frame[8] = uint256(_domainSeparator());
        frame[14] = _slotOf(counterparty);
        (uint256 report, uint256 end, uint256 bits) = _newReport(count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 place;
            assembly ("memory-safe") {
                place := add(rows.offset, mul(i, row))
            }
            uint256 taken = _take(frame, place, row);
            if (taken == 0) {
                assembly ("memory-safe") {
                    let octet := add(bits, shr(3, i))
                    mstore8(octet, or(byte(0, mload(octet)), shr(and(i, 7), 0x80)))
                    // Somebody was skipped.
                    mstore(report, 1)
                }
            } else {
                assembly ("memory-safe") {
                    // 2⁴⁸ each, and fewer rows than bytes of calldata.
                    payout := add(payout, taken)
                    mstore(end, calldataload(place))
                    end := add(end, DONE_ROW)
                }
            }
        }
        unchecked {
            // Each row's is part of a deposit, which has 96 bits.
            payout *= _unit;
        }
        _log(counterparty, payout, report, end, bits, count);
        _payOut(counterparty, payout);
    }

    function _slotOf(address counterparty) private view returns (uint256 slot) {
        mapping(uint256 => Account) storage accounts = _accounts[counterparty];
        assembly ("memory-safe") {
            slot := accounts.slot
        }
    }

    /// @return report memory of the event's data; its first word says whether a row was skipped
    /// @return end where the next settled row goes: rows are written as whole words
    /// @return bits a bit for each row
    function _newReport(uint256 count) private pure returns (uint256 report, uint256 end, uint256 bits) {
        assembly ("memory-safe") {
            report := mload(0x40)
            end := add(report, 0x80)
            bits := add(end, add(mul(count, DONE_ROW), 0x40))
            let size := add(shr(3, count), 0x40)
            calldatacopy(bits, calldatasize(), size)
            mstore(report, 0)
            mstore(0x40, add(bits, size))
        }
    }

    /// @dev `Settled`, of what `_newReport` laid out.
    function _log(
        address counterparty,
        uint256 payout,
        uint256 report,
        uint256 end,
        uint256 bits,
        uint256 count
    ) private {
        bytes32 topic = Settled.selector;
        assembly ("memory-safe") {
            let length := mul(mload(report), shr(3, add(count, 7)))
            let size := sub(end, add(report, 0x80))
            mstore(end, 0)
            let last := add(add(report, 0x80), and(add(size, 0x1f), not(0x1f)))
            mcopy(add(last, 0x20), bits, and(add(length, 0x1f), not(0x1f)))
            mstore(last, length)
            mstore(report, payout)
            mstore(add(report, 0x20), 0x60)
            mstore(add(report, 0x40), sub(last, report))
            mstore(add(report, 0x60), size)
            log2(
                report,
                sub(add(add(last, 0x20), and(add(length, 0x1f), not(0x1f))), report),
                topic,
                counterparty
            )
        }
    }

    /// @dev Check and effect: the row at `place` in calldata. In assembly: in Solidity a row took 700 gas more.
    /// @param frame 0–6: the voucher's struct; 7–9: what is signed; 10–13: what ecrecover takes; 14: the accounts' slot
    /// @return taken micro-units, 0 for a row that is skipped
    function _take(uint256[FRAME] memory frame, uint256 place, uint256 row) private returns (uint256 taken) {
        require(gasleft() >= ROW_GAS, Accounts_GasFloor(gasleft(), ROW_GAS));
        assembly ("memory-safe") {
            let amount := shr(208, calldataload(add(place, 8)))
            mstore(0x00, shr(192, calldataload(place)))
            mstore(0x20, mload(add(frame, 0x1c0)))
            let slot := keccak256(0x00, 0x40)
            let prepaid := sload(slot)
            // Neither stale nor above the deposit; an account that nobody opened has none.
            if and(
                gt(amount, and(prepaid, 0xffffffffffff)),
                iszero(gt(amount, and(shr(48, prepaid), 0x7fffffffffff)))
            ) {
                mstore(add(frame, 0x60), mload(0x00))
                mstore(add(frame, 0x80), amount)
                let size := 0xa0
                let good := 1
                if eq(row, LOCKED_ROW) {
                    let expiresAt := shr(216, calldataload(add(place, 78)))
                    mstore(0x00, calldataload(add(place, 83)))
                    // SHA-256, as Lightning's locks are; the gas floor stands behind it.
                    good := and(
                        staticcall(gas(), 2, 0x00, 0x20, add(frame, 0xa0), 0x20),
                        lt(timestamp(), expiresAt)
                    )
                    mstore(add(frame, 0xc0), expiresAt)
                    size := 0xe0
                }
                mstore(add(frame, 0x120), keccak256(frame, size))
                // ecrecover(digest, v, r, s) of r | vs (EIP-2098). It answers with nothing for what is no signature, and then
                // the signer is the zero address, which no account has.
                let vs := calldataload(add(place, 46))
                mstore(add(frame, 0x140), keccak256(add(frame, 0xfe), 0x42))
                mstore(add(frame, 0x160), add(27, shr(255, vs)))
                mstore(add(frame, 0x180), calldataload(add(place, 14)))
                mstore(add(frame, 0x1a0), shr(1, shl(1, vs)))
                mstore(0x00, 0)
                pop(staticcall(gas(), 1, add(frame, 0x140), 0x80, 0x00, 0x20))
                if and(good, eq(mload(0x00), shr(96, prepaid))) {
                    sstore(slot, or(shl(48, shr(48, prepaid)), amount))
                    taken := sub(amount, and(prepaid, 0xffffffffffff))
                }
            }
        }
    }
}
