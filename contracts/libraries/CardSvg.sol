// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {LibString} from "solady/src/utils/LibString.sol";
import {ICardArt} from "../../interfaces/ICardArt.sol";
import {CardColor} from "./CardColor.sol";
import {CardPattern} from "./CardPattern.sol";
import {CardTemplate} from "./CardTemplate.sol";
import {CardText} from "./CardText.sol";

/// @title The picture of a card: 600 × 380, text on the left, pattern on the right.
/// @dev No script, no style sheet, no outside reference: what a wallet shows is what is here. Expects a
/// checked card.
library CardSvg {
    using LibString for uint256;
    using LibString for string;

    /// @dev The width of the text column, which begins at x = 40.
    uint256 private constant _ROOM = 350;

    /// @dev How much of the accent, in per cent, lies over the background where the veil is thickest.
    uint256 private constant _VEIL = 16;

    /// @notice Draws a checked card.
    function draw(ICardArt.Card memory card) internal pure returns (string memory) {
        string[16] memory values;
        // Ids carry the series, because one page may inline many cards.
        values[0] = string.concat("c", card.seriesId.toString());
        values[1] = string.concat(card.title, ", ", CardText.face(card), ", ", card.issuer).escapeHTML();
        values[2] = CardColor.hash(card.background);
        values[3] = CardColor.hash(card.accent);
        values[4] = CardColor.hash(
            CardColor.readable(card.ink, card.background, CardColor.mix(card.accent, card.background, _VEIL))
        );
        values[5] = CardPattern.draw(card, values[0]);
        values[6] = _heading(card);
        values[7] = _promises(card, values[4], values[2]);
        values[8] = _face(card);
        values[9] = _footer(card);
        if (card.status >= uint8(ICardArt.Status.Expired)) {
            values[10] = CardTemplate.fill(' filter="url(#$agrey)" opacity=".6"', values);
        }
        // Closed sales change nothing for whoever holds the card, so they leave no stamp.
        if (card.status >= uint8(ICardArt.Status.WoundDown)) {
            string[4] memory stamps = ["WOUND DOWN", "EXPIRED", "LAPSED", "FORFEITED"];
            values[11] = stamps[card.status - uint8(ICardArt.Status.WoundDown)];
            values[11] = CardTemplate.fill(
                '<g transform="translate(494 196)rotate(-14)"><rect x="-88" y="-23" width="176" height="46" rx="7" '
                'fill="$c" stroke="$e" stroke-width="3"/>'
                '<text y="7" font-size="20" font-weight="800" text-anchor="middle">$l</text></g>',
                values
            );
        }
        return CardTemplate.fill(
            '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="380" viewBox="0 0 600 380" role="img">'
            '<title>$b</title><defs><clipPath id="$aedge"><rect width="600" height="380" rx="26"/></clipPath>'
            '<linearGradient id="$aveil" x1="1" y1="0" x2=".2" y2="1"><stop stop-color="$d" stop-opacity=".16"/>'
            '<stop offset="1" stop-color="$d" stop-opacity="0"/></linearGradient>'
            '<filter id="$agrey"><feColorMatrix type="saturate" values=".1"/></filter></defs>'
            '<g clip-path="url(#$aedge)"><path d="M0 0h600v380H0z" fill="$c"/>'
            '<path d="M0 0h600v380H0z" fill="url(#$aveil)"/><g$k>$f</g></g>'
            '<g fill="$e" font-family="system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,sans-serif">$g'
            '<g font-size="12" text-anchor="middle">$h</g>$i$j$l</g>'
            '<rect x=".75" y=".75" width="598.5" height="378.5" rx="25.25" fill="none" stroke="$e" '
            'stroke-opacity=".2" stroke-width="1.5"/></svg>',
            values
        );
    }

    /// @dev The issuer in one line, the title in one or, where that would make it small, two.
    function _heading(ICardArt.Card memory card) private pure returns (string memory) {
        string memory issuer = _text(card.issuer, "600", _span(card.issuer, 40, 60, 17, 8, _ROOM));
        (uint256 width,) = CardText.measure(card.title);
        uint256 end = width * 26 > _ROOM * 100 ? CardText.middle(card.title) : 0;
        string memory title = end == 0
            ? _span(card.title, 40, 106, 36, 12, _ROOM)
            : string.concat(
                _span(card.title.slice(0, end), 40, 96, 26, 10, _ROOM),
                _span(card.title.slice(end), 40, 128, 26, 10, _ROOM)
            );
        return string.concat(issuer, _text(card.title, "700", title));
    }

    /// @dev What the holder is promised, on a filled pill, and, while anybody does, who accepts the card, on
    /// an outlined one.
    function _promises(ICardArt.Card memory card, string memory ink, string memory paper)
        private
        pure
        returns (string memory result)
    {
        if (card.status >= uint8(ICardArt.Status.PastLimitation)) return "";
        uint256 next;
        (result, next) = _pill(
            card.status == uint8(ICardArt.Status.WoundDown) ? "FULL REFUND OPEN" : "FULLY RESERVED",
            40,
            ink,
            ink,
            paper
        );
        if (card.status == uint8(ICardArt.Status.Expired)) return result;
        (string memory who,) = _pill(card.named ? "NAMED MERCHANTS" : "ANY MERCHANT", next, "none", ink, ink);
        return string.concat(result, who);
    }

    /// @return result The pill.
    /// @return next Where the next one begins.
    function _pill(
        string memory text,
        uint256 left,
        string memory fill,
        string memory stroke,
        string memory ink
    ) private pure returns (string memory result, uint256 next) {
        (uint256 width,) = CardText.measure(text);
        width = width * 12 / 100 + 22;
        string[16] memory values;
        values[0] = left.toString();
        values[1] = width.toString();
        values[2] = fill;
        values[3] = stroke;
        values[4] = (left + width / 2).toString();
        values[5] = ink;
        values[6] = text;
        result = CardTemplate.fill(
            '<rect x="$a" y="154" width="$b" height="24" rx="12" fill="$c" stroke="$d"/>'
            '<text x="$e" y="170.5" font-weight="700" fill="$f">$g</text>',
            values
        );
        next = left + width + 8;
    }

    /// @dev The face in large figures, its unit in smaller letters behind it.
    function _face(ICardArt.Card memory card) private pure returns (string memory) {
        string[16] memory values;
        values[0] = card.denomination == 0 ? "Any amount" : CardText.amount(card.denomination, card.decimals);
        values[1] = card.symbol.escapeHTML();
        (uint256 width,) = CardText.measure(values[0]);
        (uint256 unitWidth,) = CardText.measure(card.symbol);
        // The unit is half as large as the figures and the space (40) behind them.
        uint256 size;
        (size, values[2]) = _fit(width + 40 + unitWidth / 2, 54, 12, _ROOM);
        values[3] = size.toString();
        values[4] = (size / 2).toString();
        return CardTemplate.fill(
            '<text x="40" y="270" font-size="$d" font-weight="800"$c>$a '
            '<tspan font-size="$e" font-weight="600">$b</tspan></text>',
            values
        );
    }

    /// @dev Expiry, series and terms, each under its label.
    function _footer(ICardArt.Card memory card) private pure returns (string memory) {
        string memory expiry =
            card.expiresAt == CardText.NEVER ? "No expiry" : CardText.moment(card.expiresAt);
        string memory result = string.concat(
            _labelled("EXPIRES", expiry, 40, 176),
            _labelled("SERIES", string.concat("#", card.seriesId.toString()), 226, 70)
        );
        if (card.termsHash == 0) return result;
        string memory hash = uint256(card.termsHash).toHexString(32);
        hash = string.concat(hash.slice(0, 6), unicode"…", hash.slice(62));
        return string.concat(result, _labelled("TERMS", hash, 306, 84));
    }

    function _labelled(string memory label, string memory entry, uint256 left, uint256 room)
        private
        pure
        returns (string memory)
    {
        string[16] memory values;
        values[0] = left.toString();
        values[1] = label;
        values[2] = _text(entry, "600", _span(entry, left, 335, 15, 7, room));
        return CardTemplate.fill(
            '<text x="$a" y="314" font-size="10.5" font-weight="600" letter-spacing="1">$b</text>$c', values
        );
    }

    /// @dev A text that runs in its own direction. Its left edge stays put: one that runs from right to left
    /// ends there.
    function _text(string memory text, string memory weight, string memory spans)
        private
        pure
        returns (string memory)
    {
        string[16] memory values;
        values[0] = weight;
        values[1] = spans;
        (, bool rightToLeft) = CardText.measure(text);
        if (rightToLeft) values[2] = ' direction="rtl" text-anchor="end"';
        return CardTemplate.fill('<text font-weight="$a"$c>$b</text>', values);
    }

    /// @dev One line of a text, in the size that fits.
    function _span(string memory line, uint256 x, uint256 y, uint256 largest, uint256 smallest, uint256 room)
        private
        pure
        returns (string memory)
    {
        string[16] memory values;
        values[0] = x.toString();
        values[1] = y.toString();
        (uint256 width,) = CardText.measure(line);
        uint256 size;
        (size, values[2]) = _fit(width, largest, smallest, room);
        values[3] = size.toString();
        values[4] = line.escapeHTML();
        return CardTemplate.fill('<tspan x="$a" y="$b" font-size="$d"$c>$e</tspan>', values);
    }

    /// @dev The largest whole font size at which `width` hundredths of an em fit into `room`; where even the
    /// smallest does not, the renderer is told to squeeze the letters together.
    function _fit(uint256 width, uint256 largest, uint256 smallest, uint256 room)
        private
        pure
        returns (uint256 size, string memory squeeze)
    {
        size = FixedPointMathLib.min(largest, room * 100 / FixedPointMathLib.max(width, 1));
        if (size >= smallest) return (size, "");
        squeeze = string.concat(' textLength="', room.toString(), '" lengthAdjust="spacingAndGlyphs"');
        size = smallest;
    }
}
