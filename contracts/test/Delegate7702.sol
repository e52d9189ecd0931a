// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title Delegate7702
/// @notice Code that an ordinary account borrows by EIP-7702: it runs the calls that the account sends to itself and
/// takes ERC-1155. It knows nothing of ERC-1271: such an account has code, yet its key signs for it.
contract Delegate7702 is ERC1155Holder {
    error Delegate7702_NotSelf(address caller, address account);

    struct Call {
        address target;
        uint256 value;
        bytes data;
    }

    receive() external payable {}

    /// @notice Makes the calls in order; the first that fails reverts them all with its error.
    function execute(Call[] calldata calls) external payable {
        require(msg.sender == address(this), Delegate7702_NotSelf(msg.sender, address(this)));
        for (uint256 i = 0; i < calls.length; ++i) {
            Address.functionCallWithValue(calls[i].target, calls[i].data, calls[i].value);
        }
    }
}
