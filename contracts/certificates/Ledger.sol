// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {Account, MAX_AMOUNT, Use} from "../types/Account.sol";
import {Series, NAMED} from "../types/Series.sol";
import {Reserve} from "./Reserve.sol";

/// @notice Who has how much of which series: all storage, and the only way face comes into being.
/// @dev The two pieces of code share this storage: every slot is declared here or in `Reserve`, none in a mechanism.
abstract contract Ledger is Reserve {
    /// @dev Marks a member of a series' set that is a service, beside the 40 bits of its date.
    uint256 internal constant SERVICE = 1 << 40;

    /// @notice What only some paths of a series read, slot by slot.
    struct SeriesRecord {
        address issuer; // slot 0
        uint96 denomination;
        address beneficiary; // slot 1
        uint96 feesAccrued;
        uint96 cashOutFrom; // slot 2
        uint96 cashOutBelow;
        uint32 withdrawalSeconds;
        uint16 useThresholdBps;
        uint16 postExpiryBps;
        uint40 fullRefundFrom; // slot 3
        uint32 merchants;
        bytes32 termsHash; // slot 4
        bytes art; // slot 5 and its own
    }

    /// @notice An operator's power over one series, in one slot.
    struct Operator {
        uint96 dailyLimit;
        uint96 issuedToday;
        uint40 today;
    }

    /// @notice A mapping's one-slot value as a struct: found once, it is read and written without hashing again.
    struct Holding {
        Account account;
    }

    struct SeriesWord {
        Series word;
    }

    struct UseWord {
        Use use;
    }

    struct Word {
        uint256 word;
    }

    uint256 internal _seriesCount;
    mapping(uint256 seriesId => SeriesWord) internal _series;
    mapping(uint256 seriesId => SeriesRecord) internal _records;
    mapping(uint256 seriesId => mapping(address holder => Holding)) internal _accounts;
    mapping(address holder => mapping(address operator => bool)) internal _approvals;
    /// @dev 0: never a merchant; NEVER: is one; else when its removal takes effect. Plus SERVICE for a service.
    mapping(uint256 seriesId => mapping(address merchant => uint256)) internal _merchantUntil;
    mapping(uint256 seriesId => mapping(address operator => Operator)) internal _operators;
    /// @dev One bit an order number.
    mapping(address merchant => mapping(uint256 place => Word bits)) internal _usedOrders;
    /// @dev Of named series only: what a service may restore to a holder.
    mapping(uint256 seriesId => mapping(address service => mapping(address holder => uint256))) internal
        _placed;
    /// @dev `returnable` is the sum of a holder's `_placed` over all services: spent, and not known to be used.
    mapping(uint256 seriesId => mapping(address holder => UseWord)) internal _uses;
    mapping(bytes32 giftId => Word) internal _gifts;
    /// @dev `root 160 | remaining 96`
    mapping(bytes32 batchId => Word) internal _batches;
    /// @dev One bit a place of a batch's tree, numbered as `MerkleSum.placeOf` does; 256 places a word.
    mapping(bytes32 batchId => mapping(uint256 row => Word bits)) internal _claimed;

    /// @dev The only way face comes into being. The caller has taken the same amount of currency, or has burnt the face
    /// elsewhere.
    function _addFace(uint256 seriesId, uint256 amount) internal {
        Series series = _series[seriesId].word;
        uint256 sum = series.outstanding();
        require(sum + amount <= MAX_AMOUNT, GiftCertificates_Overflow(sum, amount));
        _series[seriesId].word = series.addFace(amount);
    }

    function _credit(address operator, address to, uint256 seriesId, uint256 amount) internal {
        Holding storage holding = _accounts[seriesId][to];
        holding.account = holding.account.credit(amount);
        _logTransfer(operator, address(0), to, seriesId, amount);
    }

    /// @dev `emit TransferSingle(operator, from, to, seriesId, amount)`, at the price of its log alone.
    function _logTransfer(address operator, address from, address to, uint256 seriesId, uint256 amount)
        internal
    {
        bytes32 topic = IERC1155.TransferSingle.selector;
        assembly ("memory-safe") {
            mstore(0x00, seriesId)
            mstore(0x20, amount)
            log4(0x00, 0x40, topic, operator, from, to)
        }
    }

    function _known(uint256 seriesId) internal view returns (Series series) {
        series = _series[seriesId].word;
        require(series.exists(), GiftCertificates_UnknownSeries(seriesId));
    }

    function _checkLimitation(uint256 seriesId, uint256 limitation) internal view {
        require(_isAhead(limitation), GiftCertificates_AfterLimitation(seriesId, limitation));
    }

    function _isMerchant(uint256 seriesId, Series series, address merchant) internal view returns (bool) {
        if (!series.has(NAMED)) return _isOpenTo(series, merchant);
        uint256 until = _merchantUntil[seriesId][merchant];
        return until < SERVICE && block.timestamp < until;
    }

    function _isService(uint256 seriesId, Series series, address service) internal view returns (bool) {
        if (!series.has(NAMED)) return _isOpenTo(series, service);
        uint256 until = _merchantUntil[seriesId][service];
        return until >= SERVICE && block.timestamp < until - SERVICE;
    }

    function _isOpenTo(Series series, address payee) private view returns (bool) {
        return series.exists() && payee != address(0) && payee != address(this);
    }

    /// @dev `NEVER` lies 34,000 years ahead and needs no case of its own.
    function _isAhead(uint256 time) internal view returns (bool) {
        return block.timestamp < time;
    }
}
