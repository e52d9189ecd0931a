// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What certificates cost by hand, without checks of input, with the calldata, events and words of
/// GiftCertificates, its acceptance check, a transient guard where money leaves, and what leaves measured, as
/// docs/SPEC.md's C15 asks. A series lies at its id and a gift at its own, which saves their hashes. `measured` is false
/// for the floor that trusts the currency. Not for use.
contract CertificateFloors {
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
            function pay(t, payee, amount, m) {
                let before := 0
                if m { before := held(t) }
                mstore(0x00, shl(224, 0xa9059cbb))
                mstore(0x04, payee)
                mstore(0x24, amount)
                if iszero(call(gas(), t, 0, 0x00, 0x44, 0x00, 0x20)) { revert(0, 0) }
                if iszero(mload(0x00)) { revert(0, 0) }
                if m { if iszero(eq(held(t), sub(before, amount))) { revert(0, 0) } }
            }
            function place(key, kind) -> slot {
                mstore(0x00, key)
                mstore(0x20, kind)
                slot := keccak256(0x00, 0x40)
            }
            function transferred(operator, from, to, series, amount) {
                mstore(0x00, series)
                mstore(0x20, amount)
                log4(0x00, 0x40, 0x1111, operator, from, to)
            }
            // signature: calldata of 65 bytes, over a struct hash
            function signed(signer, domain, structHash, signature) {
                mstore(0x00, 0x1901)
                mstore(0x20, domain)
                mstore(0x40, structHash)
                mstore(0x00, keccak256(0x1e, 0x42))
                mstore(0x20, byte(0, calldataload(add(signature, 0x40))))
                calldatacopy(0x40, signature, 0x40)
                pop(staticcall(gas(), 1, 0x00, 0x80, 0x00, 0x20))
                if iszero(eq(mload(0x00), signer)) { revert(0, 0) }
            }
            // Face of the series and of the holder leaves: word by word as in ours.
            function burn(series, slot, account, amount) {
                let word := sload(series)
                if iszero(lt(timestamp(), and(shr(96, word), 0xffffffffff))) { revert(0, 0) }
                if gt(amount, and(account, 0xffffffffffffffffffffffff)) { revert(0, 0) }
                sstore(slot, add(sub(account, amount), shl(96, amount)))
                sstore(series, sub(word, amount))
            }
            switch byte(0, calldataload(0))
            // give(series, amount, key, recipient, deliverAt, reclaimAt, messageHash): no named recipient, no message
            case 1 {
                let series := calldataload(0x04)
                let amount := calldataload(0x24)
                let word := sload(series)
                let limitation := and(shr(136, word), 0xffffffffff)
                if iszero(lt(timestamp(), and(shr(96, word), 0xffffffffff))) { revert(0, 0) }
                let slot := place(caller(), series)
                let account := sload(slot)
                if gt(amount, and(account, 0xffffffffffffffffffffffff)) { revert(0, 0) }
                sstore(slot, sub(account, amount))
                transferred(caller(), caller(), 0, series, amount)
                mstore(0x80, caller())
                calldatacopy(0xa0, 0x44, 0x40)
                calldatacopy(0xe0, 0x04, 0x40)
                mstore(0x120, timestamp())
                mstore(0x140, calldataload(0xa4))
                mstore(0x160, timestamp())
                mstore(0x180, limitation)
                mstore(0x1a0, calldataload(0xc4))
                let gift := keccak256(0x80, 0x140)
                if sload(gift) { revert(0, 0) }
                sstore(gift, 1)
                mstore(0x00, or(or(shl(80, limitation), shl(40, calldataload(0xa4))), timestamp()))
                log2(0x00, 0x20, 0x5555, calldataload(0x44))
                mstore(0x00, gift)
                return(0x00, 0x20)
            }
            // redeemSigned(holder, series, amount, order, nonce, deadline, signature), an offset before them
            case 2 {
                if tload(0) { revert(0, 0) }
                tstore(0, 1)
                let holder := calldataload(0x24)
                let series := calldataload(0x44)
                let amount := calldataload(0x64)
                let order := calldataload(0x84)
                let nonce := calldataload(0xa4)
                let slot := place(holder, series)
                let account := sload(slot)
                if iszero(gt(nonce, shr(192, account))) { revert(0, 0) }
                if iszero(lt(timestamp(), calldataload(0xc4))) { revert(0, 0) }
                // typehash, holder, series, amount, merchant, payee, order, hash of no data, nonce, deadline
                mstore(0x80, 0x2222)
                calldatacopy(0xa0, 0x24, 0x60)
                mstore(0x100, caller())
                mstore(0x120, 0)
                mstore(0x140, order)
                mstore(0x160, 0x3333)
                calldatacopy(0x180, 0xa4, 0x40)
                signed(holder, domain_, keccak256(0x80, 0x140), 0x124)
                burn(series, slot, or(shr(64, shl(64, account)), shl(192, nonce)), amount)
                transferred(caller(), holder, 0, series, amount)
                if order {
                    slot := place(caller(), shr(8, order))
                    let bits := sload(slot)
                    let mask := shl(and(order, 0xff), 1)
                    if and(bits, mask) { revert(0, 0) }
                    sstore(slot, or(bits, mask))
                }
                mstore(0x00, or(shl(64, order), nonce))
                log1(0x00, 0x20, 0x4444)
                pay(token_, caller(), amount, measured_)
                tstore(0, 0)
            }
            // redeem(series, amount, merchant)
            case 3 {
                if tload(0) { revert(0, 0) }
                tstore(0, 1)
                let series := calldataload(0x04)
                let amount := calldataload(0x24)
                let slot := place(caller(), series)
                burn(series, slot, sload(slot), amount)
                transferred(calldataload(0x44), caller(), 0, series, amount)
                pay(token_, calldataload(0x44), amount, measured_)
                tstore(0, 0)
            }
            // claim(gift of ten words, recipient, signature)
            default {
                calldatacopy(0x80, 0x04, 0x140)
                let gift := keccak256(0x80, 0x140)
                if iszero(sload(gift)) { revert(0, 0) }
                sstore(gift, 0)
                if iszero(lt(timestamp(), mload(0x180))) { revert(0, 0) }
                if lt(timestamp(), mload(0x120)) { revert(0, 0) }
                let recipient := calldataload(0x144)
                let key := mload(0xa0)
                let series := mload(0xe0)
                let amount := mload(0x100)
                mstore(0x80, 0x6666)
                mstore(0xa0, gift)
                mstore(0xc0, recipient)
                mstore(0xe0, 0)
                signed(key, domain_, keccak256(0x80, 0x80), 0x1a4)
                let slot := place(recipient, series)
                sstore(slot, add(sload(slot), amount))
                transferred(caller(), 0, recipient, series, amount)
                log2(0x00, 0x00, 0x7777, gift)
                // A contract would be asked whether it takes certificates.
                if extcodesize(recipient) { revert(0, 0) }
            }
        }
    }
}
