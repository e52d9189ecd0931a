// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {ICardArt} from "../../interfaces/ICardArt.sol";
import {ICertificateBackOffice} from "../../interfaces/ICertificateBackOffice.sol";
import {TermsRules} from "../libraries/TermsRules.sol";
import {
    Series,
    newSeries,
    NAMED,
    WOUND_DOWN,
    FORFEITED,
    CONVERTIBLE,
    REFUND_ON_REMOVAL,
    CASH_OUT_UNUSED,
    NEVER
} from "../types/Series.sol";
import {Sale} from "./Sale.sol";

/// @notice What an issuer does: open a series, admit merchants, sell face. None of it can lower what a holder may redeem
/// or get back.
abstract contract Issuance is ICertificateBackOffice, Sale {
    uint256 internal constant REMOVAL_NOTICE = 30 days;
    /// @dev What a recipient contract may spend on accepting its row of a batch.
    uint256 internal constant ACCEPTANCE_GAS = 250_000;

    ICardArt internal immutable _cardArt;

    modifier onlyIssuer(uint256 seriesId) {
        _checkIssuer(seriesId);
        _;
    }

    /// @dev Where this code was deployed; it runs elsewhere, by `delegatecall`.
    address private immutable _deployedAt = address(this);

    constructor(address cardArt) {
        _cardArt = ICardArt(cardArt);
    }

    // ---------------------------------------------------------------------------------------------------- series

    /// @inheritdoc ICertificateBackOffice
    function createSeries(Terms calldata terms_, address[] calldata merchants, bytes calldata art_)
        external
        returns (uint256 seriesId)
    {
        // Without a series nothing else here does anything: called by itself, this code keeps nobody's money.
        require(address(this) != _deployedAt, GiftCertificates_NotByItself(_deployedAt));
        require(terms_.beneficiary != address(this), GiftCertificates_ZeroAddress());
        TermsRules.check(terms_, merchants.length);
        _cardArt.check(art_);

        seriesId = ++_seriesCount;
        _series[seriesId].word = newSeries(
            terms_.expiresAt,
            terms_.limitationAt,
            terms_.salesCloseAt,
            terms_.feeBps,
            (terms_.named ? NAMED : 0) | (terms_.convertible ? CONVERTIBLE : 0)
                | (terms_.refundOnRemoval ? REFUND_ON_REMOVAL : 0)
                | (terms_.cashOutUnused ? CASH_OUT_UNUSED : 0)
        );
        SeriesRecord storage record = _records[seriesId];
        record.issuer = msg.sender;
        record.denomination = terms_.denomination;
        record.beneficiary = terms_.beneficiary;
        record.cashOutFrom = terms_.cashOutFrom;
        record.cashOutBelow = terms_.cashOutBelow;
        record.withdrawalSeconds = terms_.withdrawalSeconds;
        record.useThresholdBps = terms_.useThresholdBps;
        record.postExpiryBps = terms_.postExpiryBps;
        record.termsHash = terms_.termsHash;
        record.art = art_;

        emit SeriesCreated(seriesId, msg.sender, terms_.termsHash, terms_, art_);
        if (terms_.named) _admitMerchants(seriesId, merchants);
    }

    /// @inheritdoc ICertificateBackOffice
    function addMerchants(uint256 seriesId, address[] calldata merchants) external onlyIssuer(seriesId) {
        require(_series[seriesId].word.has(NAMED), GiftCertificates_OpenSeries(seriesId));
        _admitMerchants(seriesId, merchants);
    }

    /// @inheritdoc ICertificateBackOffice
    function addServices(uint256 seriesId, address[] calldata services) external onlyIssuer(seriesId) {
        require(_series[seriesId].word.has(NAMED), GiftCertificates_OpenSeries(seriesId));
        for (uint256 i = 0; i < services.length; ++i) {
            _admit(seriesId, services[i], SERVICE | NEVER);
            emit ServiceAdmitted(seriesId, services[i]);
        }
    }

    /// @inheritdoc ICertificateBackOffice
    function removeMerchant(uint256 seriesId, address merchant) external onlyIssuer(seriesId) {
        require(_series[seriesId].word.has(REFUND_ON_REMOVAL), GiftCertificates_RemovalBarred(seriesId));
        uint256 until = _merchantUntil[seriesId][merchant];
        require(uint40(until) == NEVER, GiftCertificates_NotMerchant(seriesId, merchant));
        if (until == NEVER) {
            SeriesRecord storage record = _records[seriesId];
            require(record.merchants > 1, GiftCertificates_LastMerchant(seriesId, merchant));
            record.merchants -= 1;
        }

        uint40 removedAt = uint40(block.timestamp + REMOVAL_NOTICE);
        _merchantUntil[seriesId][merchant] = until - NEVER + removedAt;
        _openFullRefund(seriesId, removedAt);
        emit MerchantSet(seriesId, merchant, removedAt);
    }

    /// @inheritdoc ICertificateBackOffice
    function setOperator(uint256 seriesId, address operator, uint96 dailyLimit)
        external
        onlyIssuer(seriesId)
    {
        require(operator != address(0), GiftCertificates_ZeroAddress());
        _operators[seriesId][operator].dailyLimit = dailyLimit;
        emit OperatorSet(seriesId, operator, dailyLimit);
    }

    /// @inheritdoc ICertificateBackOffice
    function windDown(uint256 seriesId) external onlyIssuer(seriesId) {
        Series series = _series[seriesId].word;
        require(!series.has(WOUND_DOWN), GiftCertificates_AlreadyWoundDown(seriesId));
        _checkLimitation(seriesId, series.limitationAt());
        _series[seriesId].word = series.withFlag(WOUND_DOWN);
        _openFullRefund(seriesId, uint40(block.timestamp));
        emit WoundDown(seriesId);
    }

    /// @inheritdoc ICertificateBackOffice
    function collectFees(uint256 seriesId) external nonReentrant {
        SeriesRecord storage record = _records[seriesId];
        uint256 amount = record.feesAccrued;
        require(amount != 0, GiftCertificates_NothingOwed(record.issuer));
        record.feesAccrued = 0;
        emit FeesCollected(seriesId, record.issuer, amount);
        _payOut(record.issuer, amount);
    }

    /// @inheritdoc ICertificateBackOffice
    function forfeit(uint256 seriesId) external nonReentrant {
        Series series = _known(seriesId);
        require(!series.has(FORFEITED), GiftCertificates_Forfeited(seriesId));
        uint256 limitation = series.limitationAt();
        require(!_isAhead(limitation), GiftCertificates_BeforeLimitation(seriesId, limitation));
        uint256 amount = series.outstanding();
        address beneficiary = _records[seriesId].beneficiary;
        _series[seriesId].word = series.withoutFace().withFlag(FORFEITED);
        emit SeriesForfeited(seriesId, beneficiary, amount);
        _payOut(beneficiary, amount);
    }

    // ----------------------------------------------------------------------------------------------------- issue

    /// @inheritdoc ICertificateBackOffice
    function issueBatch(uint256 seriesId, IssueRow[] calldata rows)
        external
        nonReentrant
        returns (uint256 issued)
    {
        require(rows.length != 0, GiftCertificates_NoCards());
        uint256 denomination = _checkSale(seriesId);
        for (uint256 i = 0; i < rows.length; ++i) {
            _checkIssue(seriesId, rows[i].to, rows[i].amount, denomination);
            issued += rows[i].amount;
        }
        _useOperator(seriesId, issued);
        _addFace(seriesId, issued);
        _pull(msg.sender, issued);

        uint256 refused;
        for (uint256 i = 0; i < rows.length; ++i) {
            (address to, uint256 amount) = (rows[i].to, rows[i].amount);
            if (to.code.length == 0) {
                _credit(msg.sender, to, seriesId, amount);
                continue;
            }
            require(
                gasleft() > ACCEPTANCE_GAS * 65 / 64, GiftCertificates_GasFloor(gasleft(), ACCEPTANCE_GAS)
            );
            try this.creditAccepted{gas: ACCEPTANCE_GAS}(msg.sender, to, seriesId, amount) {}
            catch {
                refused += amount;
                emit IssuanceSkipped(i, to, amount);
            }
        }
        if (refused != 0) {
            _restoreLimit(seriesId, refused);
            _series[seriesId].word = _series[seriesId].word.burnFace(refused);
            _payOut(msg.sender, refused);
            issued -= refused;
        }
    }

    /// @notice For this contract's own batches only: one row that can fail by itself.
    function creditAccepted(address operator, address to, uint256 seriesId, uint256 amount) external {
        require(msg.sender == address(this), GiftCertificates_NotOperator(seriesId, msg.sender));
        _credit(operator, to, seriesId, amount);
        ERC1155Utils.checkOnERC1155Received(operator, address(0), to, seriesId, amount, "");
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICertificateBackOffice
    function uri(uint256 seriesId) public view returns (string memory) {
        return _cardArt.uri(address(this), seriesId);
    }

    /// @inheritdoc ICertificateBackOffice
    function art(uint256 seriesId) external view returns (bytes memory) {
        return _records[seriesId].art;
    }

    /// @inheritdoc ICertificateBackOffice
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
        )
    {
        Series series = _known(seriesId);
        SeriesRecord storage record = _records[seriesId];
        expiresAt = series.expiresAt();
        limitationAt = series.limitationAt();
        if (series.has(FORFEITED)) status = 5;
        else if (!_isAhead(limitationAt)) status = 4;
        else if (!_isAhead(expiresAt)) status = 3;
        else if (series.has(WOUND_DOWN)) status = 2;
        else if (!_isAhead(series.salesCloseAt())) status = 1;
        return (record.denomination, expiresAt, limitationAt, series.has(NAMED), record.termsHash, status);
    }

    /// @inheritdoc ICertificateBackOffice
    function seriesCount() external view returns (uint256) {
        return _seriesCount;
    }

    /// @inheritdoc ICertificateBackOffice
    function terms(uint256 seriesId) external view returns (Terms memory) {
        Series series = _known(seriesId);
        SeriesRecord storage record = _records[seriesId];
        return Terms({
            beneficiary: record.beneficiary,
            salesCloseAt: uint40(series.salesCloseAt()),
            expiresAt: uint40(series.expiresAt()),
            limitationAt: uint40(series.limitationAt()),
            feeBps: uint16(series.feeBps()),
            named: series.has(NAMED),
            convertible: series.has(CONVERTIBLE),
            refundOnRemoval: series.has(REFUND_ON_REMOVAL),
            cashOutUnused: series.has(CASH_OUT_UNUSED),
            denomination: record.denomination,
            useThresholdBps: record.useThresholdBps,
            postExpiryBps: record.postExpiryBps,
            cashOutFrom: record.cashOutFrom,
            cashOutBelow: record.cashOutBelow,
            withdrawalSeconds: record.withdrawalSeconds,
            termsHash: record.termsHash
        });
    }

    /// @inheritdoc ICertificateBackOffice
    function state(uint256 seriesId) external view returns (State memory) {
        Series series = _known(seriesId);
        SeriesRecord storage record = _records[seriesId];
        return State({
            issuer: record.issuer,
            outstanding: uint96(series.outstanding()),
            feesAccrued: record.feesAccrued,
            fullRefundFrom: record.fullRefundFrom,
            merchants: record.merchants,
            woundDown: series.has(WOUND_DOWN),
            forfeited: series.has(FORFEITED)
        });
    }

    /// @inheritdoc ICertificateBackOffice
    function merchantUntil(uint256 seriesId, address merchant) external view returns (uint256) {
        return uint40(_merchantUntil[seriesId][merchant]);
    }

    /// @inheritdoc ICertificateBackOffice
    function operatorLimit(uint256 seriesId, address operator)
        external
        view
        returns (uint256 dailyLimit, uint256 issuedToday)
    {
        Operator storage power = _operators[seriesId][operator];
        return (power.dailyLimit, power.today == block.timestamp / 1 days ? power.issuedToday : 0);
    }

    // -------------------------------------------------------------------------------------------------- internal

    /// @dev The earliest date stands: a later notice, or a merchant's return, never takes the right away again.
    function _openFullRefund(uint256 seriesId, uint40 from) private {
        SeriesRecord storage record = _records[seriesId];
        if (record.fullRefundFrom == 0 || from < record.fullRefundFrom) record.fullRefundFrom = from;
    }

    function _admitMerchants(uint256 seriesId, address[] calldata merchants) private {
        for (uint256 i = 0; i < merchants.length; ++i) {
            _admit(seriesId, merchants[i], NEVER);
            emit MerchantSet(seriesId, merchants[i], uint40(NEVER));
        }
        _records[seriesId].merchants += uint32(merchants.length);
    }

    /// @dev A member under notice may return, but only as what it was: its notice is kept.
    function _admit(uint256 seriesId, address member, uint256 until) private {
        require(member != address(0) && member != address(this), GiftCertificates_ZeroAddress());
        uint256 known = _merchantUntil[seriesId][member];
        require(
            uint40(known) != NEVER && (!_isAhead(uint40(known)) || (known >= SERVICE) == (until >= SERVICE)),
            GiftCertificates_MerchantKnown(seriesId, member)
        );
        _merchantUntil[seriesId][member] = until;
    }

    function _checkIssuer(uint256 seriesId) private view {
        require(_records[seriesId].issuer == msg.sender, GiftCertificates_NotIssuer(seriesId, msg.sender));
    }
}
