// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICardArt} from "../interfaces/ICardArt.sol";
import {ICardPainter} from "../interfaces/ICardPainter.sol";
import {CardSvg} from "./libraries/CardSvg.sol";

/// @title Draws a card's picture: the second piece of CardArt's code, which deploys it.
contract CardPainter is ICardPainter {
    /// @inheritdoc ICardPainter
    function draw(ICardArt.Card memory card) external pure returns (string memory) {
        return CardSvg.draw(card);
    }
}
