// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "solady/src/tokens/ERC1155.sol";

/// @title Solady1155
/// @notice Solady's ERC-1155 with nothing added but a `mint` and a `burn`: the bench's cheapest gift card.
contract Solady1155 is ERC1155 {
    /// @notice Creates `amount` of `id` for `to`; takes no money.
    function mint(address to, uint256 id, uint256 amount) external {
        _mint(to, id, amount, "");
    }

    /// @notice Destroys `amount` of the holder's `id`.
    function burn(address from, uint256 id, uint256 amount) external {
        _burn(msg.sender, from, id, amount);
    }

    /// @inheritdoc ERC1155
    function uri(uint256) public pure override returns (string memory) {
        return "";
    }
}
