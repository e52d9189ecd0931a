// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155MetadataURI} from "@openzeppelin/contracts/token/ERC1155/extensions/IERC1155MetadataURI.sol";
import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ICertificatePayments} from "../../interfaces/ICertificatePayments.sol";
import {Account} from "../types/Account.sol";
import {FORFEITED, NAMED, Series} from "../types/Series.sol";
import {Authorizations} from "./Authorizations.sol";
import {Sale} from "./Sale.sol";

/// @notice Certificates as tokens: issue at full face, and ERC-1155.
abstract contract Tokens is ICertificatePayments, Authorizations, Sale, IERC1155Errors {
    bytes32 private constant TRANSFER_TYPEHASH = keccak256(
        "Transfer(address from,address to,uint256 seriesId,uint96 amount,uint64 nonce,uint40 deadline)"
    );

    /// @inheritdoc ICertificatePayments
    function issue(uint256 seriesId, address to, uint96 amount) external nonReentrant {
        uint256 denomination = _checkSale(seriesId);
        _checkIssue(seriesId, to, amount, denomination);
        _useOperator(seriesId, amount);
        _addFace(seriesId, amount);
        _pull(msg.sender, amount);
        _credit(msg.sender, to, seriesId, amount);
        ERC1155Utils.checkOnERC1155Received(msg.sender, address(0), to, seriesId, amount, "");
    }

    // -------------------------------------------------------------------------------------------------- ERC-1155

    /// @inheritdoc IERC1155
    function setApprovalForAll(address operator, bool approved) external {
        require(operator != address(0), ERC1155InvalidOperator(operator));
        _approvals[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    /// @inheritdoc IERC1155
    function safeTransferFrom(address from, address to, uint256 seriesId, uint256 amount, bytes calldata data)
        external
    {
        _checkOperator(from);
        _move(from, to, seriesId, amount);
        _logTransfer(msg.sender, from, to, seriesId, amount);
        ERC1155Utils.checkOnERC1155Received(msg.sender, from, to, seriesId, amount, data);
    }

    /// @inheritdoc IERC1155
    function safeBatchTransferFrom(
        address from,
        address to,
        uint256[] calldata seriesIds,
        uint256[] calldata amounts,
        bytes calldata data
    ) external {
        require(
            seriesIds.length == amounts.length, ERC1155InvalidArrayLength(seriesIds.length, amounts.length)
        );
        _checkOperator(from);
        require(to != address(0), ERC1155InvalidReceiver(to)); // also of a transfer of no rows
        for (uint256 i = 0; i < seriesIds.length; ++i) {
            _move(from, to, seriesIds[i], amounts[i]);
        }
        emit TransferBatch(msg.sender, from, to, seriesIds, amounts);
        ERC1155Utils.checkOnERC1155BatchReceived(msg.sender, from, to, seriesIds, amounts, data);
    }

    /// @inheritdoc IERC1155
    function balanceOf(address holder, uint256 seriesId) public view returns (uint256) {
        return _series[seriesId].word.has(FORFEITED) ? 0 : _accounts[seriesId][holder].account.balance();
    }

    /// @inheritdoc IERC1155
    function balanceOfBatch(address[] calldata holders, uint256[] calldata seriesIds)
        external
        view
        returns (uint256[] memory balances)
    {
        require(
            holders.length == seriesIds.length, ERC1155InvalidArrayLength(seriesIds.length, holders.length)
        );
        balances = new uint256[](holders.length);
        for (uint256 i = 0; i < holders.length; ++i) {
            balances[i] = balanceOf(holders[i], seriesIds[i]);
        }
    }

    /// @inheritdoc IERC1155
    function isApprovedForAll(address holder, address operator) public view returns (bool) {
        return _approvals[holder][operator];
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC1155).interfaceId
            || interfaceId == type(IERC1155MetadataURI).interfaceId;
    }

    /// @inheritdoc ICertificatePayments
    function transferSigned(
        address from,
        address to,
        uint256 seriesId,
        uint96 amount,
        Authorization calldata authorization
    ) external {
        _authorize(
            from,
            seriesId,
            keccak256(
                abi.encode(
                    TRANSFER_TYPEHASH, from, to, seriesId, amount, authorization.nonce, authorization.deadline
                )
            ),
            authorization
        );
        _move(from, to, seriesId, amount);
        _logTransfer(msg.sender, from, to, seriesId, amount);
        ERC1155Utils.checkOnERC1155Received(msg.sender, from, to, seriesId, amount, "");
    }

    // ----------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICertificatePayments
    function account(uint256 seriesId, address holder)
        external
        view
        returns (uint256 balance, uint256 spent, uint256 nonce)
    {
        Account held = _accounts[seriesId][holder].account;
        return (balanceOf(holder, seriesId), held.spent(), held.nonce());
    }

    /// @inheritdoc ICertificatePayments
    function validity(uint256 seriesId)
        external
        view
        returns (uint256 expiresAt, uint256 limitationAt, bool named)
    {
        Series series = _known(seriesId);
        return (series.expiresAt(), series.limitationAt(), series.has(NAMED));
    }

    /// @inheritdoc ICertificatePayments
    function isMerchant(uint256 seriesId, address merchant) external view returns (bool) {
        return _isMerchant(seriesId, _series[seriesId].word, merchant);
    }

    /// @inheritdoc ICertificatePayments
    function isService(uint256 seriesId, address service) external view returns (bool) {
        return _isService(seriesId, _series[seriesId].word, service);
    }

    /// @inheritdoc ICertificatePayments
    function currency() external view returns (address) {
        return address(_currency);
    }

    /// @inheritdoc ICertificatePayments
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparator();
    }

    // -------------------------------------------------------------------------------------------------- internal

    function _move(address from, address to, uint256 seriesId, uint256 amount) internal {
        require(to != address(0), ERC1155InvalidReceiver(to));
        require(!_series[seriesId].word.has(FORFEITED), GiftCertificates_Forfeited(seriesId));
        Holding storage holding = _accounts[seriesId][from];
        Account giving = holding.account;
        require(
            amount <= giving.balance(), ERC1155InsufficientBalance(from, giving.balance(), amount, seriesId)
        );
        holding.account = giving.debit(amount);
        // Read after the write: `to` may be `from`.
        holding = _accounts[seriesId][to];
        holding.account = holding.account.credit(amount);
    }

    function _checkOperator(address from) private view {
        require(
            from == msg.sender || isApprovedForAll(from, msg.sender),
            ERC1155MissingApprovalForAll(msg.sender, from)
        );
    }
}
