// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title TestAccount
/// @notice A contract account: its owner has it call others; a call that fails reverts with the same error.
abstract contract TestAccount {
    error TestAccount_NotOwner(address caller, address owner);

    address public immutable owner;

    constructor(address owner_) {
        owner = owner_;
    }

    receive() external payable {}

    /// @notice Calls `target` as this account.
    /// @param value Wei to send along.
    /// @return What the call returned.
    function execute(address target, uint256 value, bytes calldata data)
        external
        payable
        returns (bytes memory)
    {
        require(msg.sender == owner, TestAccount_NotOwner(msg.sender, owner));
        return Address.functionCallWithValue(target, data, value);
    }
}
