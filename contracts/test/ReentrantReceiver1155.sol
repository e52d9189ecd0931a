// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {CallProgram} from "./CallProgram.sol";
import {TestAccount} from "./TestAccount.sol";

/// @title ReentrantReceiver1155
/// @notice A contract account that makes its programmed call while it is being handed an ERC-1155 token, then accepts it.
contract ReentrantReceiver1155 is TestAccount, CallProgram, ERC1155Holder {
    constructor(address owner_) TestAccount(owner_) {}

    /// @inheritdoc ERC1155Holder
    function onERC1155Received(address operator, address from, uint256 id, uint256 value, bytes memory data_)
        public
        override
        returns (bytes4)
    {
        _runProgram();
        return super.onERC1155Received(operator, from, id, value, data_);
    }

    /// @inheritdoc ERC1155Holder
    function onERC1155BatchReceived(
        address operator,
        address from,
        uint256[] memory ids,
        uint256[] memory values,
        bytes memory data_
    ) public override returns (bytes4) {
        _runProgram();
        return super.onERC1155BatchReceived(operator, from, ids, values, data_);
    }
}
