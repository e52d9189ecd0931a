// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base64} from "solady/src/utils/Base64.sol";
import {LibBytes} from "solady/src/utils/LibBytes.sol";
import {LibCall} from "solady/src/utils/LibCall.sol";
import {LibString} from "solady/src/utils/LibString.sol";
import {MetadataReaderLib} from "solady/src/utils/MetadataReaderLib.sol";
import {ICardArt, ICertificateViews} from "../interfaces/ICardArt.sol";
import {CardPainter} from "./CardPainter.sol";
import {CardColor} from "./libraries/CardColor.sol";
import {CardTemplate} from "./libraries/CardTemplate.sol";
import {CardText} from "./libraries/CardText.sol";

/// @title Draws a gift card on chain.
/// @dev One contract may have 24,576 bytes of code, so the picture's stands in `CardPainter`.
contract CardArt is ICardArt {
    using LibString for uint256;
    using LibString for string;

    uint256 private constant _TITLE_MAX = 64;
    uint256 private constant _ISSUER_MAX = 64;
    uint256 private constant _TERMS_URI_MAX = 200;
    uint256 private constant _SYMBOL_MAX = 24;
    uint256 private constant _DECIMALS_MAX = 36;
    uint256 private constant _TEMPLATES = uint256(type(Template).max) + 1;
    uint256 private constant _STATUSES = uint256(type(Status).max) + 1;

    /// @dev Seven words of head: three offsets, four numbers.
    uint256 private constant _HEAD = 7 * 32;

    /// @inheritdoc ICardArt
    address public immutable painter = address(new CardPainter());

    /// @inheritdoc ICardArt
    function encode(Art memory art) public pure returns (bytes memory) {
        _checkArt(art);
        // A struct is encoded as its members are, behind one word that says where they begin.
        return LibBytes.slice(abi.encode(art), 32);
    }

    /// @inheritdoc ICardArt
    function check(bytes memory art) public pure {
        _checkArt(_decode(art));
    }

    /// @inheritdoc ICardArt
    function svg(Card memory card) public view returns (string memory) {
        _checkCard(card);
        return CardPainter(painter).draw(card);
    }

    /// @inheritdoc ICardArt
    function metadata(Card memory card) public view returns (string memory) {
        string memory picture = svg(card);
        string[6] memory statuses =
            ["Live", "Sales closed", "Wound down", "Expired", "Past limitation", "Forfeited"];
        string[16] memory values;
        values[0] = card.title.escapeJSON();
        values[1] = _description(card).escapeJSON();
        values[2] = uint256(card.decimals).toString();
        values[3] = CardColor.digits(card.background);
        values[4] = card.termsUri.escapeJSON();
        // Marketplaces link it; only schemes that are safe to open get here.
        if (bytes(card.termsUri).length != 0) values[5] = CardTemplate.fill(',"external_url":"$e"', values);
        values[6] = card.issuer.escapeJSON();
        values[7] = card.symbol.escapeJSON();
        values[8] = CardText.face(card).escapeJSON();
        values[9] = statuses[card.status];
        values[10] = string.concat(
            _dateAttribute("Expires", card.expiresAt), ",", _dateAttribute("Claims end", card.limitationAt)
        );
        values[11] = _properties(card);
        values[12] = card.named ? "Named" : "Any";
        values[13] = Base64.encode(bytes(picture));
        string memory json = CardTemplate.fill(
            '{"name":"$a","description":"$b","decimals":$c,"background_color":"$d"$f,'
            '"image":"data:image/svg+xml;base64,$n","attributes":[{"trait_type":"Issuer","value":"$g"},'
            '{"trait_type":"Currency","value":"$h"},{"trait_type":"Face","value":"$i"},'
            '{"trait_type":"Merchants","value":"$m"},{"trait_type":"Status","value":"$j"},$k],'
            '"properties":{"issuer":"$g","symbol":"$h","terms_uri":"$e",$l}}',
            values
        );
        return string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
    }

    /// @inheritdoc ICardArt
    function uri(address certificates, uint256 seriesId) external view returns (string memory) {
        ICertificateViews views = ICertificateViews(certificates);
        Card memory card;
        // First, because it is what knows the series: an unknown one is refused in the words of its own
        // contract.
        (card.denomination, card.expiresAt, card.limitationAt, card.named, card.termsHash, card.status) =
            views.cardFacts(seriesId);
        Art memory art = _decode(views.art(seriesId));
        card.title = art.title;
        card.issuer = art.issuer;
        card.termsUri = art.termsUri;
        card.template = art.template;
        card.background = art.background;
        card.accent = art.accent;
        card.ink = art.ink;
        card.seriesId = seriesId;
        (card.symbol, card.decimals) = _unit(views.currency());
        return metadata(card);
    }

    /// @dev Asks a currency for its symbol and decimals without believing that it has any.
    function _unit(address currency) private view returns (string memory symbol, uint8 decimals) {
        (bool success,, bytes memory answer) = LibCall.tryStaticCall(
            currency, MetadataReaderLib.GAS_STIPEND_NO_GRIEF, 32, abi.encodeWithSignature("decimals()")
        );
        if (!success || answer.length < 32) return ("units", 0);
        uint256 places = abi.decode(answer, (uint256));
        if (places > _DECIMALS_MAX) return ("units", 0);
        // One byte more than allowed, so that a symbol that is too long is seen as such.
        symbol = MetadataReaderLib.readSymbol(currency, _SYMBOL_MAX + 1);
        if (!CardText.isClean(symbol, 1, _SYMBOL_MAX)) symbol = "units";
        // forge-lint: disable-next-line(unsafe-typecast)
        decimals = uint8(places); // ≤ _DECIMALS_MAX
    }

    function _description(Card memory card) private pure returns (string memory) {
        string[16] memory values;
        values[0] = CardText.face(card);
        values[1] = card.issuer;
        values[2] = card.named ? "the merchants its issuer names" : "any merchant";
        values[3] = _prospect(card);
        return CardTemplate.fill("A gift certificate of $a, issued by $b, accepted by $c. $d", values);
    }

    /// @dev What its holder can expect of it now.
    function _prospect(Card memory card) private pure returns (string memory) {
        Status status = Status(card.status);
        if (status == Status.Forfeited) return "It has been forfeited; nothing of it is left.";
        string[16] memory values;
        bool expires = card.expiresAt != CardText.NEVER;
        if (expires) values[0] = CardText.moment(card.expiresAt);
        if (card.limitationAt != CardText.NEVER) {
            values[1] = string.concat(" until ", CardText.moment(card.limitationAt));
        }
        if (status == Status.PastLimitation) return CardTemplate.fill("It could be claimed$b.", values);
        if (status == Status.Expired) {
            if (expires) values[2] = CardTemplate.fill(" on $a", values);
            return CardTemplate.fill("It expired$c; what its terms still grant can be claimed$b.", values);
        }
        if (status == Status.SalesClosed) values[3] = "No more of it is sold. ";
        if (status == Status.WoundDown) {
            values[3] = "Its issuer has wound it down: holders can take a full refund. ";
        }
        values[4] = "It does not expire";
        if (expires) values[4] = CardTemplate.fill("It can be used until $a", values);
        return CardTemplate.fill("$d$e, and its full face value is held in reserve.", values);
    }

    function _dateAttribute(string memory name, uint256 timestamp) private pure returns (string memory) {
        string[16] memory values;
        values[0] = name;
        values[1] = timestamp == CardText.NEVER ? '"Never"' : timestamp.toString();
        if (timestamp != CardText.NEVER) values[2] = ',"display_type":"date"';
        return CardTemplate.fill('{"trait_type":"$a","value":$b$c}', values);
    }

    function _properties(Card memory card) private pure returns (string memory) {
        string[16] memory values;
        values[0] = card.seriesId.toString();
        values[1] = card.denomination.toString();
        values[2] = card.named ? "true" : "false";
        values[3] = _timeOrNull(card.expiresAt);
        values[4] = _timeOrNull(card.limitationAt);
        values[5] = uint256(card.status).toString();
        values[6] = uint256(card.termsHash).toHexString(32);
        return CardTemplate.fill(
            '"series":"$a","denomination":"$b","named":$c,"expires_at":$d,"limitation_at":$e,"status":$f,'
            '"terms_hash":"$g"',
            values
        );
    }

    function _timeOrNull(uint256 timestamp) private pure returns (string memory) {
        return timestamp == CardText.NEVER ? "null" : timestamp.toString();
    }

    function _checkCard(Card memory card) private pure {
        _checkTexts(card.title, card.issuer, card.termsUri);
        CardText.check(Field.Symbol, card.symbol, 1, _SYMBOL_MAX);
        require(card.template < _TEMPLATES, CardArt_UnknownTemplate(card.template, _TEMPLATES));
        require(card.status < _STATUSES, CardArt_UnknownStatus(card.status, _STATUSES));
        require(card.decimals <= _DECIMALS_MAX, CardArt_TooManyDecimals(card.decimals, _DECIMALS_MAX));
        require(card.expiresAt <= CardText.NEVER, CardArt_DateTooLate(card.expiresAt, CardText.NEVER));
        require(card.limitationAt <= CardText.NEVER, CardArt_DateTooLate(card.limitationAt, CardText.NEVER));
    }

    function _checkArt(Art memory art) private pure {
        _checkTexts(art.title, art.issuer, art.termsUri);
        require(art.template < _TEMPLATES, CardArt_UnknownTemplate(art.template, _TEMPLATES));
    }

    function _checkTexts(string memory title, string memory issuer, string memory termsUri) private pure {
        CardText.check(Field.Title, title, 1, _TITLE_MAX);
        CardText.check(Field.Issuer, issuer, 1, _ISSUER_MAX);
        CardText.check(Field.TermsUri, termsUri, 0, _TERMS_URI_MAX);
        require(
            bytes(termsUri).length == 0 || termsUri.startsWith("https://") || termsUri.startsWith("ipfs://")
                || termsUri.startsWith("ar://"),
            CardArt_ForbiddenScheme(termsUri)
        );
    }

    /// @dev Reads what `encode` wrote. `abi.decode` would accept gaps and dirty padding, and refuse without a
    /// reason.
    function _decode(bytes memory art) private pure returns (Art memory result) {
        uint256 end = _HEAD;
        (result.title, end) = _takeText(art, 0, end, Field.Title, _TITLE_MAX);
        (result.issuer, end) = _takeText(art, 32, end, Field.Issuer, _ISSUER_MAX);
        (result.termsUri, end) = _takeText(art, 64, end, Field.TermsUri, _TERMS_URI_MAX);
        require(art.length == end, CardArt_MalformedArt(end));
        uint256 template = _word(art, 96);
        require(template < _TEMPLATES, CardArt_UnknownTemplate(template, _TEMPLATES));
        // forge-lint: disable-next-line(unsafe-typecast)
        result.template = uint8(template); // < _TEMPLATES
        result.background = _takeColour(art, 128);
        result.accent = _takeColour(art, 160);
        result.ink = _takeColour(art, 192);
    }

    function _takeColour(bytes memory art, uint256 position) private pure returns (uint24) {
        uint256 colour = _word(art, position);
        require(colour <= CardColor.WHITE, CardArt_MalformedArt(position));
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint24(colour);
    }

    /// @dev Reads the text at `start`, to which the offset at `pointer` must lead, and which must be padded
    /// with zeros.
    /// @return text The text.
    /// @return end Where the next one begins.
    function _takeText(bytes memory art, uint256 pointer, uint256 start, Field field, uint256 max)
        private
        pure
        returns (string memory text, uint256 end)
    {
        require(_word(art, pointer) == start, CardArt_MalformedArt(pointer));
        uint256 length = _word(art, start);
        // Before anything is computed from it: a length is whatever somebody wrote.
        require(length <= max, CardArt_TextLength(field, length, field == Field.TermsUri ? 0 : 1, max));
        end = start + 32 + (length + 31) / 32 * 32;
        if (length % 32 != 0) {
            require(_word(art, end - 32) << 8 * (length % 32) == 0, CardArt_MalformedArt(end - 32));
        }
        text = string(LibBytes.slice(art, start + 32, start + 32 + length));
    }

    function _word(bytes memory data, uint256 position) private pure returns (uint256 word) {
        require(data.length >= position + 32, CardArt_MalformedArt(position));
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), position))
        }
    }
}
