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
    uint256 private constant DONE_ROW = 11;
    uint256 private constant FRAME = 15;
    /// @dev More than judging and booking one row takes.
    uint256 private constant ROW_GAS = 14_000;

    /// @inheritdoc IPrepaidAccounts
    function settle(address counterparty, bytes calldata rows)
        external
        nonReentrant
        returns (uint256 payout)
    {
        payout = _settle(counterparty, rows, ROW, VOUCHER_TYPEHASH);
    }

    /// @inheritdoc IPrepaidAccounts
    function settleLocked(address counterparty, bytes calldata rows)
        external
        nonReentrant
        returns (uint256 payout)
    {
        payout = _settle(counterparty, rows, LOCKED_ROW, LOCKED_VOUCHER_TYPEHASH);
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

    /// @dev One loop for both kinds of row.
    function _settle(address counterparty, bytes calldata rows, uint256 row, bytes32 typehash)
        private
        returns (uint256 payout)
    {
        uint256 count = rows.length / row;
        require(count != 0 && rows.length % row == 0, Accounts_RowBytes(rows.length, row));
        // A word more than needed: rows are written as whole words.
        bytes memory done = new bytes(count * DONE_ROW + 32);
        bytes memory skipped = new bytes((count + 7) / 8);
        uint256[FRAME] memory frame;
        frame[0] = uint256(typehash);
        frame[1] = uint160(counterparty);
        frame[2] = uint160(address(_currency));
        frame[7] = 0x1901;
        frame[8] = uint256(_domainSeparator());
        {
            mapping(uint256 => Prepaid) storage accounts = _accounts[counterparty];
            assembly ("memory-safe") {
                mstore(add(frame, 0x1c0), accounts.slot)
            }
        }
        uint256 end;
        for (uint256 i = 0; i < count; ++i) {
            uint256 place;
            assembly ("memory-safe") {
                place := add(rows.offset, mul(i, row))
            }
            uint256 taken = _take(frame, place, row);
            if (taken == 0) {
                assembly ("memory-safe") {
                    let bits := add(add(skipped, 0x20), shr(3, i))
                    mstore8(bits, or(byte(0, mload(bits)), shr(and(i, 7), 0x80)))
                }
            } else {
                assembly ("memory-safe") {
                    // 2⁴⁸ each, and fewer rows than bytes of calldata.
                    payout := add(payout, taken)
                    mstore(add(add(done, 0x20), end), calldataload(place))
                    end := add(end, DONE_ROW)
                }
            }
        }
        assembly ("memory-safe") {
            mstore(done, end)
        }
        payout *= _unit;
        emit Settled(counterparty, payout, done, skipped);
        _payOut(counterparty, payout);
    }

    /// @dev Check and effect: the row at `place` in calldata. In assembly: in Solidity a row took 700 gas more.
    /// @param frame 0–6: the voucher's struct; 7–9: what is signed; 10–13: what ecrecover takes; 14: the accounts' slot
    /// @return taken micro-units, 0 for a row that is skipped
    function _take(uint256[FRAME] memory frame, uint256 place, uint256 row) private returns (uint256 taken) {
        require(gasleft() >= ROW_GAS, Accounts_GasFloor(gasleft(), ROW_GAS));
        assembly ("memory-safe") {
            let amount := shr(208, calldataload(add(place, 5)))
            mstore(0x00, shr(216, calldataload(place)))
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
                    let expiresAt := shr(216, calldataload(add(place, 75)))
                    mstore(0x00, calldataload(add(place, 80)))
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
                let vs := calldataload(add(place, 43))
                mstore(add(frame, 0x140), keccak256(add(frame, 0xfe), 0x42))
                mstore(add(frame, 0x160), add(27, shr(255, vs)))
                mstore(add(frame, 0x180), calldataload(add(place, 11)))
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
