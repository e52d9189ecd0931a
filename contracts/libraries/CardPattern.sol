// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {LibString} from "solady/src/utils/LibString.sol";
import {ICardArt} from "../../interfaces/ICardArt.sol";
import {CardColor} from "./CardColor.sol";
import {CardTemplate} from "./CardTemplate.sol";

/// @title The patterns that decorate a card, one for each template.
/// @dev A card is 600 × 380. Its left 400 belong to the text; a pattern keeps to the right of them, except
/// where it passes between two lines.
library CardPattern {
    using LibString for uint256;

    /// @notice Draws a pattern, as SVG elements to be clipped by the card.
    /// @param prefix Makes element ids differ between cards that stand in one page.
    function draw(ICardArt.Card memory card, string memory prefix) internal pure returns (string memory) {
        string[16] memory values;
        values[0] = prefix;
        values[1] = CardColor.hash(card.accent);
        values[2] = CardColor.hash(CardColor.mix(CardColor.BLACK, card.accent, 22));
        values[3] = CardColor.hash(CardColor.mix(CardColor.WHITE, card.accent, 30));
        values[4] = CardColor.hash(CardColor.mix(card.accent, card.background, 60));
        values[5] = CardColor.hash(CardColor.mix(CardColor.BLACK, card.background, 45));
        ICardArt.Template template = ICardArt.Template(card.template);
        if (template == ICardArt.Template.Ribbon) return _ribbon(values);
        if (template == ICardArt.Template.Waves) return _waves(values, card.seriesId);
        if (template == ICardArt.Template.Confetti) return _confetti(values, card.seriesId);
        if (template == ICardArt.Template.MoonJar) return _moonJar(values);
        return _plain(values);
    }

    /// @dev A disc in rings that thin out towards the text.
    function _plain(string[16] memory values) private pure returns (string memory rings) {
        rings = CardTemplate.fill('<circle cx="590" cy="350" r="84" fill="$b"/>', values);
        for (uint256 i; i < 5; ++i) {
            values[6] = (110 + 26 * i).toString();
            values[7] = (75 - 15 * i).toString();
            rings = string.concat(
                rings,
                CardTemplate.fill(
                    '<circle cx="590" cy="350" r="$g" fill="none" stroke="$b" stroke-width="1.5" opacity=".$h"/>',
                    values
                )
            );
        }
    }

    /// @dev A band down and a band across, tied in a bow.
    function _ribbon(string[16] memory values) private pure returns (string memory) {
        return CardTemplate.fill(
            '<path d="M470 0h44v380h-44zM0 196h600v22H0z" fill="$b"/>'
            '<path d="M475 0v380M509 0v380M0 199h600M0 215h600" stroke="$d" stroke-opacity=".7"/>'
            '<path d="M486 214 446 300l24-4 14 22 14-96zM498 214l40 86-24-4-14 22-14-96z" fill="$c"/>'
            '<g fill="$b" stroke="$c" stroke-width="1.5"><path d="M490 206c-30-52-84-56-82-14 2 40 52 46 82 14z"/>'
            '<path d="M494 206c30-52 84-56 82-14-2 40-52 46-82 14z"/></g>'
            '<path d="M484 204c-22-30-52-34-54-12 0 20 30 26 54 12zM500 204c22-30 52-34 54-12 0 20-30 26-54 12z" fill="$c"/>'
            '<rect x="477" y="190" width="30" height="34" rx="9" fill="$d"/>',
            values
        );
    }

    /// @dev Four swells that rise to the right; how high differs between series.
    function _waves(string[16] memory values, uint256 seed) private pure returns (string memory swells) {
        uint256 dice = uint256(keccak256(abi.encode(seed)));
        for (uint256 i; i < 4; ++i) {
            uint256 lift = (dice >> 16 * i) % 30;
            values[6] = (400 + 26 * i).toString();
            values[7] = (470 + 22 * i).toString();
            values[8] = (290 + lift).toString();
            values[9] = (452 + 30 * i).toString();
            values[10] = (150 + 56 * i - lift).toString();
            values[11] = (28 + 78 * i + lift).toString();
            values[12] = (22 + 18 * i).toString();
            swells = string.concat(
                swells,
                CardTemplate.fill(
                    '<path d="M$g 380C$h $i $j $k 600 $lV380z" fill="$b" opacity=".$m"/>', values
                )
            );
        }
    }

    /// @dev Sixty scraps of paper, thick on the right, thin towards the text: twenty each of the accent, a
    /// lighter one, and one half sunk into the background.
    function _confetti(string[16] memory values, uint256 seed) private pure returns (string memory scraps) {
        string[3] memory shapes = [
            '<rect x="-7" y="-4" width="14" height="8" rx="1.5"',
            '<circle r="5"',
            '<path d="M-9 3q4-9 9-3t9-3" fill="none" stroke-width="3" stroke-linecap="round"'
        ];
        for (uint256 i; i < 60; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            values[6] = shapes[dice % 3];
            // The smaller of two throws gathers them on the right.
            values[7] = (596 - FixedPointMathLib.min((dice >> 16) % 185, (dice >> 32) % 185)).toString();
            values[8] = ((dice >> 48) % 364 + 8).toString();
            values[9] = ((dice >> 64) % 180).toString();
            values[10] = string.concat(
                values[10], CardTemplate.fill('$g transform="translate($h $i)rotate($j)"/>', values)
            );
            if (i % 20 == 19) {
                values[11] = values[i == 19 ? 1 : i == 39 ? 3 : 4];
                scraps = string.concat(
                    scraps, CardTemplate.fill('<g fill="$l" stroke="$l" stroke-width="0">$k</g>', values)
                );
                values[10] = "";
            }
        }
    }

    /// @dev A white porcelain jar before the moon.
    function _moonJar(string[16] memory values) private pure returns (string memory) {
        return CardTemplate.fill(
            '<radialGradient id="$aglaze" cx=".36" cy=".3" r=".8"><stop stop-color="#fff"/>'
            '<stop offset=".5" stop-color="#f4f0e8"/><stop offset="1" stop-color="#b9b2a6"/></radialGradient>'
            '<circle cx="508" cy="140" r="124" fill="$b"/><ellipse cx="500" cy="316" rx="92" ry="9" fill="$f"/>'
            '<path d="M472 96c-2-6-2-10 0-14h56c2 4 2 8 0 14 40 14 66 52 66 98 0 52-28 88-58 104 0 8-1 12-4 18h-64'
            'c-3-6-4-10-4-18-34-18-58-52-58-104 0-46 26-84 66-98z" fill="url(#$aglaze)"/>'
            '<ellipse cx="500" cy="82" rx="28" ry="4" fill="#8d867a"/>',
            values
        );
    }
}
