// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DateTimeLib} from "solady/src/utils/DateTimeLib.sol";
import {LibString} from "solady/src/utils/LibString.sol";
import {ICardArt} from "../../interfaces/ICardArt.sol";

/// @title Text on cards: what may stand there, how wide it is, and how amounts and dates are written.
library CardText {
    /// @dev The date that means "never".
    uint256 internal constant NEVER = type(uint40).max;

    /// @dev The narrow ones of ASCII, one bit each: space ! ' ( ) , . / : ; I [ \ ] ` f i j l r t { | }
    uint256 private constant _NARROW = 0x38141641380002000c00d38300000000;

    /// @dev The wide ones: % @ M W m w
    uint256 private constant _WIDE = 0x802000008020010000002000000000;

    /// @notice Reverts unless `text` has `min` to `max` bytes and only characters a card may show.
    function check(ICardArt.Field field, string memory text, uint256 min, uint256 max) internal pure {
        uint256 length = bytes(text).length;
        require(length >= min && length <= max, ICardArt.CardArt_TextLength(field, length, min, max));
        (uint256 position, uint256 point, uint256 size) = _firstBad(text);
        require(position == length || size != 0, ICardArt.CardArt_InvalidUtf8(field, position));
        require(position == length, ICardArt.CardArt_ForbiddenCharacter(field, position, point));
    }

    /// @notice Whether `check` would pass.
    function isClean(string memory text, uint256 min, uint256 max) internal pure returns (bool) {
        uint256 length = bytes(text).length;
        if (length < min || length > max) return false;
        (uint256 position,,) = _firstBad(text);
        return position == length;
    }

    /// @notice How wide `text` is, in hundredths of the font size, and which way it runs.
    /// @dev An estimate on the wide side, for bold sans-serif faces: a renderer's fonts are not known here.
    /// @return width Hundredths of an em.
    /// @return rightToLeft Whether its first letter belongs to a script written from right to left.
    function measure(string memory text) internal pure returns (uint256 width, bool rightToLeft) {
        bool directed;
        for (uint256 i; i < bytes(text).length;) {
            (uint256 point, uint256 size) = _next(bytes(text), i);
            width += _advance(point);
            if (!directed && _isLetter(point)) (directed, rightToLeft) = (true, _isRightToLeft(point));
            i += size;
        }
    }

    /// @notice Where a text is best broken into two lines: behind the space nearest its middle.
    /// @return end Length in bytes of the first line, its closing space included; 0 if there is no space.
    function middle(string memory text) internal pure returns (uint256 end) {
        (uint256 total,) = measure(text);
        uint256 best = type(uint256).max;
        uint256 width;
        for (uint256 i; i < bytes(text).length;) {
            (uint256 point, uint256 size) = _next(bytes(text), i);
            width += _advance(point);
            i += size;
            uint256 off = 2 * width > total ? 2 * width - total : total - 2 * width;
            if (point == 0x20 && i < bytes(text).length && off < best) (best, end) = (off, i);
        }
    }

    /// @notice Writes an amount with thousands separators: 50000 is "50,000"; 25000000 with 6 decimals is
    /// "25.00".
    /// @dev At least two decimals where the currency has them, further ones only up to the last that is not
    /// 0. Exact.
    function amount(uint256 value, uint256 decimals) internal pure returns (string memory) {
        uint256 unit = 10 ** decimals;
        string memory whole = _grouped(LibString.toString(value / unit));
        if (decimals == 0) return whole;
        // The digit in front keeps the leading zeros of the fraction.
        string memory fraction = LibString.slice(LibString.toString(unit + value % unit), 1);
        uint256 shown = decimals;
        while (shown > 2 && bytes(fraction)[shown - 1] == "0") --shown;
        return string.concat(whole, ".", LibString.slice(fraction, 0, shown));
    }

    /// @notice The face as one text, such as "50,000 KRW" or "any amount of USDC".
    function face(ICardArt.Card memory card) internal pure returns (string memory) {
        if (card.denomination == 0) return string.concat("any amount of ", card.symbol);
        return string.concat(amount(card.denomination, card.decimals), " ", card.symbol);
    }

    /// @notice Writes a moment as "YYYY-MM-DD", in UTC.
    function date(uint256 timestamp) internal pure returns (string memory) {
        (uint256 year, uint256 month, uint256 day) = DateTimeLib.timestampToDate(timestamp);
        return string.concat(
            // 1970 is the first year there is, so a year has four digits or more.
            LibString.toString(year),
            "-",
            _two(month),
            "-",
            _two(day)
        );
    }

    /// @notice Writes a moment as "YYYY-MM-DD HH:MM UTC", cut to the minute: what is shown is never too late.
    function moment(uint256 timestamp) internal pure returns (string memory) {
        return string.concat(
            date(timestamp),
            " ",
            _two(timestamp / 1 hours % 24),
            ":",
            _two(timestamp / 1 minutes % 60),
            " UTC"
        );
    }

    function _two(uint256 value) private pure returns (string memory) {
        return value < 10 ? string.concat("0", LibString.toString(value)) : LibString.toString(value);
    }

    function _grouped(string memory digits) private pure returns (string memory result) {
        uint256 length = bytes(digits).length;
        uint256 head = (length - 1) % 3 + 1;
        result = LibString.slice(digits, 0, head);
        for (uint256 i = head; i < length; i += 3) {
            result = string.concat(result, ",", LibString.slice(digits, i, i + 3));
        }
    }

    /// @return position Of the first character that may not stand on a card; the text's length if there is
    /// none.
    /// @return point Its code point.
    /// @return size Its length in bytes; 0 if it is not well-formed.
    function _firstBad(string memory text)
        private
        pure
        returns (uint256 position, uint256 point, uint256 size)
    {
        uint256 length = bytes(text).length;
        while (position < length) {
            uint256 lead = uint8(bytes(text)[position]);
            // Most texts are mostly printable ASCII: one step a byte for it.
            if (lead >= 0x20 && lead < 0x7f) {
                ++position;
                continue;
            }
            (point, size) = _next(bytes(text), position);
            if (size == 0 || _isForbidden(point)) return (position, point, size);
            position += size;
        }
    }

    function _isForbidden(uint256 point) private pure returns (bool) {
        return point < 0x20 || (point >= 0x7f && point <= 0x9f) // controls
            || (point >= 0x2028 && point <= 0x202e) // separators, embeddings, overrides
            || (point >= 0x2066 && point <= 0x2069) // isolates
            || (point >= 0xfdd0 && point <= 0xfdef) || point & 0xfffe == 0xfffe; // noncharacters
    }

    /// @dev Reads one character by Unicode 17, table 3-7: no overlong forms, no surrogates, nothing above
    /// U+10FFFF.
    /// @return point The code point.
    /// @return size Its length in bytes; 0 if it is not well-formed.
    function _next(bytes memory text, uint256 i) private pure returns (uint256 point, uint256 size) {
        // Sums and shifts of bytes and positions: nothing comes near 2^256.
        unchecked {
            uint256 lead = uint8(text[i]);
            if (lead < 0x80) return (lead, 1);
            if (lead < 0xc2 || lead > 0xf4) return (0, 0);
            size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
            if (i + size > text.length) return (0, 0);
            // The lead byte of a character of n bytes has n ones and a zero, then the first bits of the point.
            point = lead & (0x7f >> size);
            for (uint256 k = 1; k < size; ++k) {
                uint256 next = uint8(text[i + k]);
                if (next & 0xc0 != 0x80) return (0, 0);
                point = point << 6 | next & 0x3f;
            }
            bool overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
            if (overlong || (point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff) return (0, 0);
        }
    }

    /// @dev Letters as far as telling the direction needs them: ASCII punctuation and digits have none.
    function _isLetter(uint256 point) private pure returns (bool) {
        return (point | 0x20 >= 0x61 && point | 0x20 <= 0x7a) || (point >= 0xaa && point < 0x2000)
            || (point >= 0x2c00 && point < 0x1f000);
    }

    /// @dev Hebrew, Arabic, Syriac, Thaana, N'Ko and their neighbours, their presentation forms, Adlam and
    /// the like.
    function _isRightToLeft(uint256 point) private pure returns (bool) {
        return (point >= 0x590 && point <= 0x8ff) || (point >= 0xfb1d && point <= 0xfdff)
            || (point >= 0xfe70 && point <= 0xfefe) || (point >= 0x10800 && point <= 0x10fff)
            || (point >= 0x1e800 && point <= 0x1efff);
    }

    function _advance(uint256 point) private pure returns (uint256) {
        if (point < 0x80) {
            if (_NARROW >> point & 1 != 0) return 40;
            if (_WIDE >> point & 1 != 0) return 96;
            return point >= 0x41 && point <= 0x5a ? 72 : 62;
        }
        if (_isMark(point)) return 0;
        if (point < 0x1100) return point >= 0x900 ? 78 : 70;
        if (point < 0x2100) return point < 0x1e00 ? 100 : 70;
        return point >= 0x1f000 ? 130 : 102;
    }

    /// @dev Marks that stand above or below a letter, joiners and selectors: they take no room.
    function _isMark(uint256 point) private pure returns (bool) {
        return (point >= 0x300 && point <= 0x36f) || (point >= 0x591 && point <= 0x5c7)
            || (point >= 0x64b && point <= 0x65f) || point == 0xe31 || (point >= 0xe34 && point <= 0xe3a)
            || (point >= 0xe47 && point <= 0xe4e) || (point >= 0x200b && point <= 0x200f)
            || (point >= 0xfe00 && point <= 0xfe0f) || (point >= 0x1f3fb && point <= 0x1f3ff)
            || point >= 0xe0000;
    }
}
