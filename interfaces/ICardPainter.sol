// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICardArt} from "./ICardArt.sol";

/// @title Draws the picture of a card that CardArt has checked.
interface ICardPainter {
    /// @notice `ICardArt.svg` without its checks: of a card that they would refuse, anything may come.
    function draw(ICardArt.Card calldata card) external pure returns (string memory);
}
