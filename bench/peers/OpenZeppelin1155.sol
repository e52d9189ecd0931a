// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC1155Burnable} from "@openzeppelin/contracts/token/ERC1155/extensions/ERC1155Burnable.sol";

/// @title OpenZeppelin1155
/// @notice OpenZeppelin's ERC-1155 with nothing added but a `mint` for everybody: the bench's plainest gift card.
contract OpenZeppelin1155 is ERC1155Burnable {
    constructor() ERC1155("") {}

    /// @notice Creates `amount` of `id` for `to`; takes no money.
    function mint(address to, uint256 id, uint256 amount) external {
        _mint(to, id, amount, "");
    }
}
