// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IJarTypes} from "../../interfaces/IJarTypes.sol";
import {Service} from "../common/Service.sol";
import {Bucket} from "../types/Bucket.sol";
import {Jar} from "../types/Jar.sol";
import {Lump} from "../types/Lump.sol";
import {Stream} from "../types/Stream.sol";

/// @notice All storage of StreamingTipEscrow, in the order that both pieces of its code share, and the money's way back.
abstract contract JarLedger is IJarTypes, Service {
    using SafeERC20 for IERC20;

    /// @notice What ends on one day. A struct, so that a place in storage is found once and then read and written.
    struct Ends {
        Bucket bucket;
    }

    /// @notice A struct for the same reason.
    struct StreamBox {
        Stream stream;
    }

    /// @notice All that collecting a jar needs.
    /// @dev `endDays` has a bit for each day that has or had an end, 256 to a word.
    struct JarBook {
        Jar jar;
        Lump lump;
        mapping(uint256 day => Ends) ends;
        mapping(uint256 word => uint256) endDays;
    }

    /// @notice Who shares what a jar earns.
    /// @param collected all that was ever taken out of the jar; fewer units of it than there are payees wait for more to come
    struct Split {
        uint256 collected;
        address[] payees;
        uint16[] sharesBps;
    }

    /// @notice Whose cards of a named series paid into a stream, and how much of it GiftCertificates does not yet count as used.
    struct Placement {
        address holder;
        uint96 amount;
    }

    /// @dev `month` counts from January 1970. From the first second of `nextMonth` on, unless that is 0, `nextLimit` holds.
    struct MonthlyCap {
        uint96 limit;
        uint96 used;
        uint24 month;
        uint24 nextMonth;
        bool isSet;
        uint96 nextLimit;
    }

    uint256 internal constant DAY = 86_400;
    uint256 internal constant MAX_SCALE_DIGITS = 9;
    /// @dev Tells a batch of which nothing is left from one that was never given.
    uint256 internal constant GIVEN = 1 << 16;

    uint256 internal immutable _scale;

    mapping(uint256 jarId => JarBook) internal _jars;
    mapping(bytes32 streamId => StreamBox) internal _streams;
    mapping(address creator => uint256) internal _versions;
    mapping(uint256 jarId => Split) internal _splits;
    mapping(address creator => mapping(uint256 tier => Tier)) internal _tiers;
    mapping(address creator => mapping(uint256 tier => mapping(address account => Membership))) internal
        _memberships;
    /// @dev `GIVEN` plus the number of gifts left; 0 for a batch that nobody gave.
    mapping(bytes32 batchId => uint256) internal _giftBatches;
    mapping(bytes32 batchId => mapping(uint256 word => uint256)) internal _claimedGifts;
    mapping(bytes32 tipId => bool) internal _handleTips;
    mapping(address payer => MonthlyCap) internal _monthlyCaps;
    /// @dev Of streams from a named series only.
    mapping(bytes32 streamId => Placement) internal _placements;

    constructor(address giftCertificates) Service(giftCertificates) {
        uint256 decimals = IERC20Metadata(address(_currency)).decimals();
        uint256 digits = decimals < 18 ? 18 - decimals : 0;
        _scale = 10 ** (digits < MAX_SCALE_DIGITS ? digits : MAX_SCALE_DIGITS);
    }

    // --------------------------------------------------------------------------------------------------- internal

    function _jarIdOf(address creator, uint256 version) internal pure returns (uint256) {
        return (version << 160) | uint160(creator);
    }

    /// @dev A jar that can take money: anybody's own but nobody's and this contract's, or a shared one that was made.
    function _checkJar(uint256 jarId) internal view {
        uint256 version = jarId >> 160;
        address creator = address(uint160(jarId));
        require(
            creator != address(0) && creator != address(this)
                && (version == 0 || version <= _versions[creator]),
            Jar_UnknownJar(jarId)
        );
    }

    function _giftsLeft(bytes32 batchId) internal view returns (uint256) {
        return _giftBatches[batchId] & (GIVEN - 1);
    }

    /// @dev Gives back money of a stream; of a named series as the same series (GiftCertificates takes it by allowance and
    /// mints it), other money as it is.
    function _refund(address payer, uint256 seriesId, uint256 amount) internal {
        if (seriesId == 0) {
            _payOut(payer, amount);
            return;
        }
        // A stream is never paid with more than 96 bits.
        if (amount != 0) _restore(payer, seriesId, amount);
    }

    function _refuseMixed(address holder, address first, uint256 seriesId, uint256 firstSeriesId)
        internal
        pure
        override
    {
        revert Jar_MixedCards(holder, first, seriesId, firstSeriesId);
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse StreamingTipEscrow", "1");
    }
}
