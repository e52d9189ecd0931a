// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What some currencies offer beside ERC-20: payment by signature (EIP-3009).
interface ICurrency {
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @dev The form for contract wallets.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
}
