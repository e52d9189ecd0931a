// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LibString} from "solady/src/utils/LibString.sol";

/// @title Colours as 0xRRGGBB, and whether one can be read on another.
library CardColor {
    uint24 internal constant BLACK = 0x000000;
    uint24 internal constant WHITE = 0xffffff;

    /// @dev 0.05 of WCAG's contrast formula on the scale of `luminance`: 65,535 × 10,000 / 20.
    uint256 private constant _FLARE = 32_767_500;

    /// @dev The linear light of each sRGB channel value, round(65535 × f(c / 255)) with f(x) = x / 12.92 up
    /// to 0.04045 and ((x + 0.055) / 1.055)^2.4 above, two bytes each (IEC 61966-2-1).
    bytes private constant _LINEAR = hex"000000140028003c005000630077008b009f00b300c700db00f1010801200139"
        hex"0154016f018c01ab01ca01eb020e02320257027d02a502ce02f9032503530382"
        hex"03b303e50418044d048404bc04f60532056f05ad05ed062f067306b806fe0747"
        hex"079107dd082a087a08ca091d097209c80a200a790ad50b320b910bf20c550cba"
        hex"0d200d880df20e5e0ecc0f3c0fae10211097110e118812031280130013811404"
        hex"14891510159a162516b2174117d3186618fb19931a2c1ac81b661c061ca71d4c"
        hex"1df21e9a1f441ff120a02150220422b92370242a24e525a32664272627eb28b1"
        hex"297b2a462b142be32cb62d8a2e612f3a301530f231d232b43399348035693655"
        hex"3742383339253a1a3b123c0b3d073e063f07400a4110421843234430453f4651"
        hex"4765487c49954ab14bcf4cf04e134f395061518c52b953e9551b5650578758c1"
        hex"59fe5b3d5c7e5dc25f096052619e62ed643e659166e86840699c6afa6c5b6dbe"
        hex"6f24708d71f8736674d7764a77c079397ab47c327db37f3780bd824683d1855f"
        hex"86f088848a1b8bb48d508eef9090923593dc9586973298e29a949c499e019fbb"
        hex"a179a339a4fca6c2a88baa56ac25adf6afcab1a1b37bb557b737b919baffbce7"
        hex"bed2c0c0c2b1c4a5c69cc895ca92cc91ce94d099d2a1d4add6bbd8ccdae0dcf7"
        hex"df11e12ee34ee571e797e9c0ebecee1bf04df282f4baf6f5f933fb74fdb8ffff";

    /// @notice Writes a colour as SVG does, "#rrggbb".
    function hash(uint24 colour) internal pure returns (string memory) {
        return string.concat("#", digits(colour));
    }

    /// @notice Writes a colour as "rrggbb".
    function digits(uint24 colour) internal pure returns (string memory) {
        return LibString.toHexStringNoPrefix(colour, 3);
    }

    /// @notice `percent` of one colour over the other, each channel rounded down.
    function mix(uint24 over, uint24 under, uint256 percent) internal pure returns (uint24 result) {
        for (uint256 shift; shift < 24; shift += 8) {
            uint256 channel =
                (uint256(over >> shift & 0xff) * percent + uint256(under >> shift & 0xff) * (100 - percent))
                    / 100;
            // A weighted mean of two bytes is a byte.
            // forge-lint: disable-next-line(unsafe-typecast)
            result |= uint24(channel << shift);
        }
    }

    /// @notice The colour of a text on `first` and `second`: `wish` where its contrast to both is 4.5 : 1 or
    /// more, else black or white, whichever has the higher contrast to both.
    /// @dev Black or white reach 4.5 : 1 on any single colour.
    function readable(uint24 wish, uint24 first, uint24 second) internal pure returns (uint24) {
        (uint256 low, uint256 high) = (luminance(first), luminance(second));
        if (low > high) (low, high) = (high, low);
        uint256 own = luminance(wish);
        if (2 * (own + _FLARE) >= 9 * (high + _FLARE) || 2 * (low + _FLARE) >= 9 * (own + _FLARE)) {
            return wish;
        }
        // White: (1 + 0.05) / (high + 0.05); black: (low + 0.05) / (0 + 0.05); compared across.
        return (luminance(WHITE) + _FLARE) * _FLARE > (low + _FLARE) * (high + _FLARE) ? WHITE : BLACK;
    }

    /// @notice Relative luminance by WCAG 2.2, scaled by 65,535 × 10,000.
    function luminance(uint24 colour) internal pure returns (uint256) {
        bytes memory linear = _LINEAR;
        return 2126 * _light(linear, colour >> 16) + 7152 * _light(linear, colour >> 8 & 0xff) + 722
            * _light(linear, colour & 0xff);
    }

    function _light(bytes memory linear, uint256 channel) private pure returns (uint256) {
        return uint256(uint8(linear[2 * channel])) << 8 | uint8(linear[2 * channel + 1]);
    }
}
