// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Fills templates: one literal with gaps instead of many concatenations, which would not fit into one
/// contract.
library CardTemplate {
    /// @notice Copies `template`, putting `values[0]` where it says $a, `values[1]` for $b and so on up to
    /// $p.
    /// @dev One pass: what stands in a value is never taken for a gap, so no text can reach another field. A
    /// template must not hold a dollar sign that is not a gap; templates are this project's own literals,
    /// never somebody's input.
    function fill(string memory template, string[16] memory values)
        internal
        pure
        returns (string memory result)
    {
        assembly ("memory-safe") {
            result := mload(0x40)
            let to := add(result, 0x20)
            let from := add(template, 0x20)
            for { let end := add(from, mload(template)) } lt(from, end) { from := add(from, 1) } {
                let char := byte(0, mload(from))
                switch char
                case 0x24 {
                    from := add(from, 1)
                    // The letter's distance from "a", in 16 values of one word each.
                    let value := mload(add(values, shl(5, and(sub(byte(0, mload(from)), 0x61), 15))))
                    mcopy(to, add(value, 0x20), mload(value))
                    to := add(to, mload(value))
                }
                default {
                    mstore8(to, char)
                    to := add(to, 1)
                }
            }
            mstore(result, sub(to, add(result, 0x20)))
            // Memory stays aligned to words, and what follows the text is zero.
            mstore(to, 0)
            mstore(0x40, and(add(to, 0x3f), not(0x1f)))
        }
    }
}
