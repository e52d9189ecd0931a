// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice `give` by hand as in CertificateFloors, and every check that docs/SPEC.md asks of it: of types, dates, zeros,
/// a series that is unknown, ether. No error says which failed. Not for use.
contract RuledGive {
    uint256 private constant EXISTS = 1 << 238;

    constructor(address, bool, bytes32) {}

    fallback() external {
        assembly {
            switch byte(0, calldataload(0))
            // give(series, amount, key, recipient, deliverAt, reclaimAt, messageHash)
            case 1 {
                let series := calldataload(0x04)
                let amount := calldataload(0x24)
                let key := calldataload(0x44)
                let recipient := calldataload(0x64)
                let deliverAt := calldataload(0x84)
                let reclaimAt := calldataload(0xa4)
                if or(shr(160, or(key, recipient)), or(shr(96, amount), shr(40, or(deliverAt, reclaimAt)))) {
                    revert(0, 0)
                }
                if iszero(or(key, recipient)) { revert(0, 0) }
                if iszero(deliverAt) { deliverAt := timestamp() }
                let word := sload(series)
                let limitation := and(shr(136, word), 0xffffffffff)
                if iszero(and(word, EXISTS)) { revert(0, 0) }
                if lt(deliverAt, timestamp()) { revert(0, 0) }
                if iszero(lt(deliverAt, and(shr(96, word), 0xffffffffff))) { revert(0, 0) }
                let reclaim := reclaimAt
                switch reclaimAt
                case 0 { reclaim := 0xffffffffff }
                default { if iszero(lt(reclaimAt, limitation)) { revert(0, 0) } }
                if iszero(lt(deliverAt, reclaim)) { revert(0, 0) }
                if iszero(amount) { revert(0, 0) }
                mstore(0x00, caller())
                mstore(0x20, series)
                let slot := keccak256(0x00, 0x40)
                let account := sload(slot)
                if gt(amount, and(account, 0xffffffffffffffffffffffff)) { revert(0, 0) }
                sstore(slot, sub(account, amount))
                mstore(0x00, series)
                mstore(0x20, amount)
                log4(0x00, 0x40, 0x1111, caller(), caller(), 0)
                mstore(0x80, caller())
                mstore(0xa0, key)
                mstore(0xc0, recipient)
                calldatacopy(0xe0, 0x04, 0x40)
                mstore(0x120, deliverAt)
                mstore(0x140, reclaim)
                mstore(0x160, timestamp())
                mstore(0x180, limitation)
                mstore(0x1a0, calldataload(0xc4))
                let gift := keccak256(0x80, 0x140)
                if sload(gift) { revert(0, 0) }
                sstore(gift, 1)
                mstore(0x00, or(or(shl(80, limitation), shl(40, reclaim)), deliverAt))
                log2(0x00, 0x20, 0x5555, key)
                if or(recipient, calldataload(0xc4)) {
                    mstore(0x00, calldataload(0xc4))
                    log2(0x00, 0x20, 0x8888, recipient)
                }
                mstore(0x00, gift)
                return(0x00, 0x20)
            }
        }
    }
}
