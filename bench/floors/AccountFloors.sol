// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What prepaid accounts cost by hand, without checks of input, with the calldata, storage and
/// events of PrepaidAccounts, a transient guard, and what arrives and leaves measured, as docs/SPEC.md's I19 and I20 ask.
/// `measured` is false for the floor that trusts the currency. Not for use.
contract AccountFloors {
    address private immutable _token;
    bool private immutable _measured;
    bytes32 private immutable _domain;

    constructor(address token_, bool measured_, bytes32 domain_) {
        (_token, _measured, _domain) = (token_, measured_, domain_);
    }

    fallback() external {
        address token_ = _token;
        bool measured_ = _measured;
        bytes32 domain_ = _domain;
        assembly {
            function held(t) -> amount {
                mstore(0x00, shl(224, 0x70a08231))
                mstore(0x04, address())
                if iszero(staticcall(gas(), t, 0x00, 0x24, 0x00, 0x20)) { revert(0, 0) }
                amount := mload(0x00)
            }
            function pull(t, amount, m) {
                let before := 0
                if m { before := held(t) }
                mstore(0x80, shl(224, 0x23b872dd))
                mstore(0x84, caller())
                mstore(0xa4, address())
                mstore(0xc4, amount)
                if iszero(call(gas(), t, 0, 0x80, 0x64, 0x00, 0x20)) { revert(0, 0) }
                if iszero(mload(0x00)) { revert(0, 0) }
                if m { if iszero(eq(held(t), add(before, amount))) { revert(0, 0) } }
            }
            function place(counterparty, index) -> slot {
                mstore(0x00, index)
                mstore(0x20, counterparty)
                slot := keccak256(0x00, 0x40)
            }
            if tload(0) { revert(0, 0) }
            tstore(0, 1)
            switch byte(0, calldataload(0))
            // topUp(counterparty, index, amount)
            case 1 {
                let amount := calldataload(0x44)
                pull(token_, amount, measured_)
                let slot := place(calldataload(0x04), calldataload(0x24))
                let prepaid := sload(slot)
                if iszero(prepaid) { revert(0, 0) }
                prepaid := add(prepaid, shl(48, amount))
                sstore(slot, prepaid)
                mstore(0x00, amount)
                mstore(0x20, and(shr(48, prepaid), 0x7fffffffffff))
                log3(0x00, 0x40, 0x1111, calldataload(0x04), calldataload(0x24))
            }
            // open(counterparty, salt, signer, delay, expiresAt, amount)
            case 2 {
                let amount := calldataload(0xa4)
                pull(token_, amount, measured_)
                mstore(0x00, or(shl(96, caller()), calldataload(0x24)))
                let index := shr(192, keccak256(0x00, 0x20))
                let slot := place(calldataload(0x04), index)
                if sload(add(slot, 1)) { revert(0, 0) }
                sstore(slot, or(shl(96, calldataload(0x44)), shl(48, amount)))
                sstore(add(slot, 1), or(caller(), shl(192, calldataload(0x64))))
                calldatacopy(0x80, 0x44, 0x60)
                mstore(0xe0, 0)
                mstore(0x100, amount)
                log4(0x80, 0xa0, 0x2222, caller(), calldataload(0x04), index)
            }
            // settle(counterparty, one row of 78 bytes)
            default {
                let row := 0x64
                let index := shr(192, calldataload(row))
                let amount := shr(208, calldataload(add(row, 8)))
                let slot := place(calldataload(0x04), index)
                let prepaid := sload(slot)
                let paid := and(prepaid, 0xffffffffffff)
                if or(iszero(gt(amount, paid)), gt(amount, and(shr(48, prepaid), 0x7fffffffffff))) {
                    revert(0, 0)
                }
                mstore(0x80, 0x3333)
                mstore(0xa0, calldataload(0x04))
                mstore(0xc0, token_)
                mstore(0xe0, index)
                mstore(0x100, amount)
                mstore(0x42, keccak256(0x80, 0xa0))
                mstore(0x22, domain_)
                mstore(0x02, 0x1901)
                let vs := calldataload(add(row, 46))
                mstore(0x80, keccak256(0x20, 0x42))
                mstore(0xa0, add(27, shr(255, vs)))
                mstore(0xc0, calldataload(add(row, 14)))
                mstore(0xe0, shr(1, shl(1, vs)))
                mstore(0x00, 0)
                pop(staticcall(gas(), 1, 0x80, 0x80, 0x00, 0x20))
                if iszero(eq(mload(0x00), shr(96, prepaid))) { revert(0, 0) }
                sstore(slot, or(shl(48, shr(48, prepaid)), amount))
                let payout := sub(amount, paid)
                mstore(0x80, payout)
                mstore(0xa0, 0x60)
                mstore(0xc0, 0xa0)
                mstore(0xe0, 14)
                mstore(0x100, calldataload(row))
                mstore(0x120, 0)
                log2(0x80, 0xc0, 0x4444, calldataload(0x04))
                let before := 0
                if measured_ { before := held(token_) }
                mstore(0x80, shl(224, 0xa9059cbb))
                mstore(0x84, calldataload(0x04))
                mstore(0xa4, payout)
                if iszero(call(gas(), token_, 0, 0x80, 0x44, 0x00, 0x20)) { revert(0, 0) }
                if iszero(mload(0x00)) { revert(0, 0) }
                if measured_ { if iszero(eq(held(token_), sub(before, payout))) { revert(0, 0) } }
                mstore(0x00, payout)
                tstore(0, 0)
                return(0x00, 0x20)
            }
            tstore(0, 0)
        }
    }
}
