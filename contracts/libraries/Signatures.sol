// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "solady/src/utils/ECDSA.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice ECDSA first, then ERC-1271. In this order an EIP-7702 account, which has both a key and code, signs with its
/// key, and a plain account costs no code check.
library Signatures {
    /// @dev What a contract wallet may spend on checking one signature (a P-256 check in Solidity takes about 250,000).
    uint256 internal constant ERC1271_GAS = 300_000;

    error Signatures_GasFloor(uint256 gasLeft, uint256 floor);

    /// @notice Whether `signature` is `signer`'s over `digest`. Never reverts on a bad signature; reverts
    /// `Signatures_GasFloor` when there is too little gas left to give a contract wallet its full allowance, so that
    /// nobody can have a good signature judged bad by starving the check.
    function isValid(address signer, bytes32 digest, bytes calldata signature)
        internal
        view
        returns (bool valid)
    {
        // Both halves of the curve pass: a message acts once by its nonce or key, whatever its signature looks like.
        if (signature.length == 65) {
            assembly ("memory-safe") {
                // ecrecover(digest, v, r, s), in memory that nobody claimed: answers with a word, or with nothing when the
                // signature is none, so that nothing passes for the zero address.
                let words := mload(0x40)
                mstore(words, digest)
                mstore(add(words, 0x20), byte(0, calldataload(add(signature.offset, 0x40))))
                calldatacopy(add(words, 0x40), signature.offset, 0x40)
                valid := staticcall(gas(), 1, words, 0x80, 0x00, 0x20)
                valid := and(
                    valid,
                    and(eq(returndatasize(), 0x20), eq(mload(0x00), shr(96, shl(96, signer))))
                )
            }
        } else {
            valid = ECDSA.tryRecoverCalldata(digest, signature) == signer && signer != address(0);
        }
        if (valid) return true;
        if (signer.code.length == 0) return false;

        bytes memory request = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        // After the copy: a long signature must not eat what the floor has seen.
        uint256 floor = ERC1271_GAS + ERC1271_GAS / 32;
        require(gasleft() >= floor, Signatures_GasFloor(gasleft(), floor));
        bytes4 magic = IERC1271.isValidSignature.selector;
        assembly ("memory-safe") {
            // At most one word of return data is looked at: a wallet that returns megabytes pays for them itself.
            let ok := staticcall(ERC1271_GAS, signer, add(request, 0x20), mload(request), 0x00, 0x20)
            valid := and(and(ok, gt(returndatasize(), 0x1f)), eq(mload(0x00), magic))
        }
    }
}
