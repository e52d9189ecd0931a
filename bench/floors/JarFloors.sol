// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What streams cost by hand, without checks of input, with the slots that
/// StreamingTipEscrow reads and writes (a jar, a bucket for each end, a stream, the payer's monthly cap), its events, a
/// transient guard, and what arrives and leaves measured, as docs/SPEC.md's I19 and I20 ask. `measured` is false for the
/// floor that trusts the currency. Not for use.
contract JarFloors {
    address private immutable _token;
    bool private immutable _measured;

    constructor(address token_, bool measured_) {
        (_token, _measured) = (token_, measured_);
    }

    fallback() external {
        address token_ = _token;
        bool measured_ = _measured;
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
            function place(kind, key) -> slot {
                mstore(0x00, key)
                mstore(0x20, kind)
                slot := keccak256(0x00, 0x40)
            }
            // A bucket: Σ rate in the upper half, Σ rate × second of the day in the lower one.
            function bucket(jar, end) -> slot, change {
                mstore(0x00, jar)
                mstore(0x20, div(end, 86400))
                slot := keccak256(0x00, 0x40)
                change := mod(end, 86400)
            }
            if tload(0) { revert(0, 0) }
            tstore(0, 1)
            let jar := calldataload(0x24)
            mstore(0x00, calldataload(0x04))
            mstore(0x20, jar)
            mstore(0x40, calldataload(0x44))
            let stream := keccak256(0x00, 0x60)
            switch byte(0, calldataload(0))
            // open(payer, jar, index, rate, amount, consent)
            case 1 {
                let rate := calldataload(0x64)
                let amount := calldataload(0x84)
                pull(token_, amount, measured_)
                if sload(place(1, caller())) { revert(0, 0) }
                if sload(stream) { revert(0, 0) }
                let end := add(timestamp(), div(amount, rate))
                sstore(stream, or(or(shl(176, rate), shl(88, timestamp())), end))
                let jarSlot := place(2, jar)
                let book := sload(jarSlot)
                sstore(jarSlot, add(book, or(shl(176, rate), mul(rate, mod(timestamp(), 86400)))))
                let slot, offset := bucket(jar, end)
                sstore(slot, add(sload(slot), or(shl(128, rate), mul(rate, offset))))
                mstore(0x80, rate)
                mstore(0xa0, amount)
                mstore(0xc0, end)
                log4(0x80, 0x60, 0x1111, caller(), jar, calldataload(0x44))
                mstore(0x00, end)
                tstore(0, 0)
                return(0x00, 0x20)
            }
            // topUp(payer, jar, index, from, amount, consent), into another day
            case 2 {
                let amount := calldataload(0x84)
                pull(token_, amount, measured_)
                if sload(place(1, caller())) { revert(0, 0) }
                let found := sload(stream)
                let rate := shr(176, found)
                let end := and(found, 0xffffffffff)
                let newEnd := add(end, div(amount, rate))
                if iszero(gt(end, timestamp())) { revert(0, 0) }
                sstore(stream, add(sub(found, end), newEnd))
                let slot, offset := bucket(jar, end)
                sstore(slot, sub(sload(slot), or(shl(128, rate), mul(rate, offset))))
                slot, offset := bucket(jar, newEnd)
                sstore(slot, add(sload(slot), or(shl(128, rate), mul(rate, offset))))
                mstore(0x80, caller())
                mstore(0xa0, amount)
                mstore(0xc0, newEnd)
                log4(0x80, 0x60, 0x2222, calldataload(0x04), jar, calldataload(0x44))
                mstore(0x00, newEnd)
                tstore(0, 0)
                return(0x00, 0x20)
            }
            // cancel(payer, jar, index, consent)
            default {
                let found := sload(stream)
                let rate := shr(176, found)
                let end := and(found, 0xffffffffff)
                if iszero(gt(end, timestamp())) { revert(0, 0) }
                let refund := mul(rate, sub(end, timestamp()))
                sstore(stream, 0)
                let slot, offset := bucket(jar, end)
                sstore(slot, sub(sload(slot), or(shl(128, rate), mul(rate, offset))))
                let jarSlot := place(2, jar)
                sstore(jarSlot, sub(sload(jarSlot), or(shl(176, rate), 1)))
                let before := 0
                if measured_ { before := held(token_) }
                mstore(0x80, shl(224, 0xa9059cbb))
                mstore(0x84, caller())
                mstore(0xa4, refund)
                if iszero(call(gas(), token_, 0, 0x80, 0x44, 0x00, 0x20)) { revert(0, 0) }
                if iszero(mload(0x00)) { revert(0, 0) }
                if measured_ { if iszero(eq(held(token_), sub(before, refund))) { revert(0, 0) } }
                mstore(0x80, refund)
                log4(0x80, 0x20, 0x3333, caller(), jar, calldataload(0x44))
                mstore(0x00, refund)
                tstore(0, 0)
                return(0x00, 0x20)
            }
        }
    }
}
