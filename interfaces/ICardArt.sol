// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What `CardArt.uri` reads from a certificates contract to draw one of its series.
interface ICertificateViews {
    /// @notice The ERC-20 every series of the contract is denominated in.
    function currency() external view returns (address);

    /// @notice The artwork of a series, as `ICardArt.encode` writes it.
    function art(uint256 seriesId) external view returns (bytes memory);

    /// @notice The facts of a series that its card shows.
    /// @return denomination Face of one certificate in base units of the currency; 0 = any amount.
    /// @return expiresAt First second at which it is expired; `type(uint40).max` = never.
    /// @return limitationAt First second at which nothing can be claimed; `type(uint40).max` = never.
    /// @return named Whether only merchants named by the issuer accept it.
    /// @return termsHash Hash of the full terms.
    /// @return status A `ICardArt.Status` as a number.
    function cardFacts(uint256 seriesId)
        external
        view
        returns (
            uint256 denomination,
            uint256 expiresAt,
            uint256 limitationAt,
            bool named,
            bytes32 termsHash,
            uint8 status
        );
}

/// @title Draws a gift card on chain: metadata JSON and an SVG image, both as data URIs.
/// @notice Stateless. Every text on a card was chosen by an issuer or by a currency's author, so all of it is
/// checked before it is drawn and escaped where it is drawn.
/// @dev A text passes if it is well-formed UTF-8 without control characters (U+0000–1F, U+007F–9F), line and
/// paragraph separators, bidirectional embeddings, overrides and isolates (U+2028–202E, U+2066–2069; they
/// could make "50" read "05") and noncharacters. The issuer's ink is used only where it reads: below a
/// contrast of 4.5 : 1 (WCAG 2.2, 1.4.3) against the background, black or white is taken instead, so that no
/// choice of colours hides an expiry date.
interface ICardArt {
    /// @notice The life of a series, in the order it happens.
    enum Status {
        Live,
        SalesClosed,
        WoundDown,
        Expired,
        PastLimitation,
        Forfeited
    }

    /// @notice The pattern a card is decorated with.
    enum Template {
        Plain,
        Ribbon,
        Waves,
        Confetti,
        MoonJar
    }

    /// @notice Names the text an error is about.
    enum Field {
        Title,
        Issuer,
        TermsUri,
        Symbol
    }

    /// @notice What an issuer chooses and a certificates contract stores, as bytes made by `encode`.
    /// @param title 1 to 64 bytes.
    /// @param issuer 1 to 64 bytes.
    /// @param termsUri Empty, or up to 200 bytes that begin with `https://`, `ipfs://` or `ar://`.
    /// @param template A `Template` as a number.
    /// @param background 0xRRGGBB.
    /// @param accent 0xRRGGBB, the colour of the pattern.
    /// @param ink 0xRRGGBB, the colour of the text where it can be read.
    struct Art {
        string title;
        string issuer;
        string termsUri;
        uint8 template;
        uint24 background;
        uint24 accent;
        uint24 ink;
    }

    /// @notice Everything a card shows. Fields that `Art` has too mean the same here.
    /// @param symbol The currency's symbol, 1 to 24 bytes.
    /// @param decimals The currency's decimals, at most 36.
    /// @param denomination Face of one certificate in base units of the currency; 0 = any amount.
    /// @param seriesId The ERC-1155 id.
    /// @param expiresAt First second at which it is expired; `type(uint40).max` = never.
    /// @param limitationAt First second at which nothing can be claimed; `type(uint40).max` = never.
    /// @param named Whether only merchants named by the issuer accept it.
    /// @param termsHash Hash of the full terms; 0 is not shown.
    /// @param status A `Status` as a number.
    struct Card {
        string title;
        string issuer;
        string termsUri;
        string symbol;
        uint8 decimals;
        uint256 denomination;
        uint256 seriesId;
        uint256 expiresAt;
        uint256 limitationAt;
        uint8 template;
        uint24 background;
        uint24 accent;
        uint24 ink;
        bool named;
        bytes32 termsHash;
        uint8 status;
    }

    /// @notice A text of `length` bytes, where `min` to `max` are allowed.
    error CardArt_TextLength(Field field, uint256 length, uint256 min, uint256 max);

    /// @notice The byte at `position` does not begin a well-formed UTF-8 character.
    error CardArt_InvalidUtf8(Field field, uint256 position);

    /// @notice The character at byte `position` may not stand on a card.
    error CardArt_ForbiddenCharacter(Field field, uint256 position, uint256 codePoint);

    /// @notice The terms' address does not begin with a scheme that is safe to open.
    error CardArt_ForbiddenScheme(string termsUri);

    /// @notice Templates are numbered from 0 to `count` − 1.
    error CardArt_UnknownTemplate(uint256 template, uint256 count);

    /// @notice Statuses are numbered from 0 to `count` − 1.
    error CardArt_UnknownStatus(uint256 status, uint256 count);

    /// @notice More decimals than a card has room for.
    error CardArt_TooManyDecimals(uint256 decimals, uint256 max);

    /// @notice A date beyond the one that means "never".
    error CardArt_DateTooLate(uint256 timestamp, uint256 max);

    /// @notice The word at byte `position` is missing, left over, or not what `encode` writes there.
    error CardArt_MalformedArt(uint256 position);

    /// @notice The `ICardPainter` that draws the pictures, deployed by this contract: nothing can change it.
    function painter() external view returns (address);

    /// @notice Checks a choice of artwork and writes it down.
    /// @dev Reverts as `check` does.
    /// @return The tuple (title, issuer, termsUri, template, background, accent, ink), ABI-encoded.
    function encode(Art calldata art) external pure returns (bytes memory);

    /// @notice Reverts unless `art` is what `encode` writes for a choice of artwork that can be drawn.
    /// @dev The encoding must be the canonical one: no gaps, no overlaps, no dirty padding, nothing left
    /// over.
    function check(bytes calldata art) external pure;

    /// @notice Draws a card.
    /// @dev Numbers, dates and names are text, so a machine reads them too. Dates are UTC, cut to the minute.
    /// @return An SVG document of 600 × 380.
    function svg(Card calldata card) external view returns (string memory);

    /// @notice Describes a card as ERC-1155 and marketplaces expect it: name, description, image, decimals,
    /// attributes (OpenSea's conventions) and properties (ERC-1155's schema; integers that may pass 2^53 are
    /// strings).
    /// @return A `data:application/json;base64,` URI whose image is a `data:image/svg+xml;base64,` URI.
    function metadata(Card calldata card) external view returns (string memory);

    /// @notice The metadata of one series, read from the contract that holds it.
    /// @dev The currency is asked with bounded gas and return data. Without a usable symbol it is called
    /// "units"; without usable decimals amounts are shown in base units, called "units" too, because any
    /// other name would be untrue.
    /// @param certificates A contract with `ICertificateViews`.
    function uri(address certificates, uint256 seriesId) external view returns (string memory);
}
