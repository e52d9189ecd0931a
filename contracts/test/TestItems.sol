// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

/// @title TestItems
/// @notice A plain ERC-1155 that anybody may mint: game items, and the token that the account zoo is tried with.
contract TestItems is ERC1155 {
    constructor() ERC1155("") {}

    /// @notice Creates `amount` of item `id`.
    function mint(address to, uint256 id, uint256 amount) external {
        _mint(to, id, amount, "");
    }

    /// @notice Creates several items at once.
    function mintBatch(address to, uint256[] calldata ids, uint256[] calldata amounts) external {
        _mintBatch(to, ids, amounts, "");
    }
}
