// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {CallProgram} from "./CallProgram.sol";

/// @title OddItems
/// @notice Odd: a collection that moves more or less than it was told to, and calls whatever it was programmed to call.
contract OddItems is ERC1155, CallProgram {
    int256 public extra;

    constructor() ERC1155("") {}

    /// @notice Creates `amount` of item `id`.
    function mint(address to, uint256 id, uint256 amount) external {
        _mint(to, id, amount, "");
    }

    /// @notice How many more than asked a transfer moves; less than 0: fewer.
    function setExtra(int256 extra_) external {
        extra = extra_;
    }

    function _update(address from, address to, uint256[] memory ids, uint256[] memory values)
        internal
        override
    {
        if (from != address(0)) {
            values[0] = uint256(int256(values[0]) + extra);
            _runProgram();
        }
        super._update(from, to, ids, values);
    }
}
