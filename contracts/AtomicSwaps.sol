// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {IAtomicSwaps} from "../interfaces/IAtomicSwaps.sol";
import {IGiftCertificates} from "../interfaces/IGiftCertificates.sol";
import {Custody} from "./common/Custody.sol";
import {CustodyDesk} from "./common/CustodyDesk.sol";

/// @title Largesse: hash-time-locked swaps of one currency and its certificates
/// @notice See `IAtomicSwaps`. Of a lock only its id and what became of it is stored.
contract AtomicSwaps is IAtomicSwaps, CustodyDesk, Multicall {
    bytes32 private constant LOCK_TYPEHASH = keccak256(
        "Lock(address from,address to,uint256 seriesId,uint96 amount,bytes32 hash,uint40 expiresAt,uint64 nonce,uint40 deadline)"
    );
    bytes32 private constant CLAIM_TO_TYPEHASH =
        keccak256("ClaimTo(bytes32 id,address receiver,uint64 nonce,uint40 deadline)");
    bytes32 private constant REFUND_TO_TYPEHASH =
        keccak256("RefundTo(bytes32 id,address receiver,uint64 nonce,uint40 deadline)");
    uint256 private constant LONGEST = 365 days;

    IGiftCertificates private immutable _certificates;

    mapping(bytes32 id => Status) private _status;

    constructor(address giftCertificates) Custody(_currencyOf(giftCertificates)) {
        _certificates = IGiftCertificates(giftCertificates);
    }

    // --------------------------------------------------------------------------------------------------- external

    /// @inheritdoc IAtomicSwaps
    function lock(Lock calldata what, Consent calldata consent) external nonReentrant returns (bytes32 id) {
        id = _checkNew(what);
        _status[id] = Status.Locked;
        emit Locked(id, what.from, what.to, what);
        bool signed = !_isOwnCall(what.from, consent);
        if (what.seriesId == 0) {
            if (signed) _pullByConsent(what.from, what.amount, _structHash(what, consent), consent);
            else _pull(what.from, what.amount);
        } else {
            if (signed) _checkConsent(what.from, _structHash(what, consent), consent);
            _certificates.safeTransferFrom(what.from, address(this), what.seriesId, what.amount, "");
        }
    }

    /// @inheritdoc IAtomicSwaps
    function claim(Lock calldata what, bytes32 preimage) external nonReentrant {
        _claim(idOf(what), what, preimage, what.to);
    }

    /// @inheritdoc IAtomicSwaps
    function claimTo(Lock calldata what, bytes32 preimage, address receiver, Consent calldata consent)
        external
        nonReentrant
    {
        bytes32 id = idOf(what);
        _checkNamed(CLAIM_TO_TYPEHASH, id, what.to, receiver, consent);
        _claim(id, what, preimage, receiver);
    }

    /// @inheritdoc IAtomicSwaps
    function refund(Lock calldata what) external nonReentrant {
        _refund(idOf(what), what, what.from);
    }

    /// @inheritdoc IAtomicSwaps
    function refundTo(Lock calldata what, address receiver, Consent calldata consent) external nonReentrant {
        bytes32 id = idOf(what);
        _checkNamed(REFUND_TO_TYPEHASH, id, what.from, receiver, consent);
        _refund(id, what, receiver);
    }

    /// @inheritdoc IERC1155Receiver
    /// @dev Only what this contract fetches for a lock.
    function onERC1155Received(address operator, address, uint256, uint256, bytes calldata)
        external
        view
        returns (bytes4)
    {
        require(msg.sender == address(_certificates) && operator == address(this), Swaps_NotTaken(operator));
        return IERC1155Receiver.onERC1155Received.selector;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155BatchReceived(
        address operator,
        address,
        uint256[] calldata,
        uint256[] calldata,
        bytes calldata
    ) external pure returns (bytes4) {
        revert Swaps_NotTaken(operator);
    }

    // ------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IAtomicSwaps
    function idOf(Lock calldata what) public pure returns (bytes32) {
        return keccak256(abi.encode(what));
    }

    /// @inheritdoc IAtomicSwaps
    function status(bytes32 id) external view returns (Status) {
        return _status[id];
    }

    /// @inheritdoc IAtomicSwaps
    function certificates() external view returns (address) {
        return address(_certificates);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC1155Receiver).interfaceId;
    }

    // --------------------------------------------------------------------------------------------------- internal

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse AtomicSwaps", "1");
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @dev Check: a lock that can be claimed and given back, and was not made before.
    function _checkNew(Lock calldata what) private view returns (bytes32 id) {
        require(what.to != address(0) && what.to != address(this), Custody_ZeroAddress());
        require(what.amount != 0, Swaps_ZeroAmount());
        uint256 latest = block.timestamp + LONGEST;
        if (what.seriesId != 0) {
            (uint256 expiry,,) = _certificates.validity(what.seriesId);
            if (expiry <= latest) latest = expiry - 1;
        }
        require(
            what.expiresAt > block.timestamp && what.expiresAt <= latest,
            Swaps_EndsAt(what.expiresAt, block.timestamp + 1, latest)
        );
        id = idOf(what);
        require(_status[id] == Status.None, Swaps_Exists(id));
    }

    /// @dev Check: whose it is says, by its own call or by its consent, who gets it.
    function _checkNamed(
        bytes32 typehash,
        bytes32 id,
        address owner,
        address receiver,
        Consent calldata consent
    ) private {
        require(receiver != address(0) && receiver != address(this), Custody_ZeroAddress());
        if (_isOwnCall(owner, consent)) return;
        bytes32 structHash = keccak256(abi.encode(typehash, id, receiver, consent.nonce, consent.deadline));
        _checkConsent(owner, structHash, consent);
    }

    function _claim(bytes32 id, Lock calldata what, bytes32 preimage, address receiver) private {
        _checkLocked(id);
        require(block.timestamp < what.expiresAt, Swaps_TooLate(what.expiresAt, block.timestamp));
        bytes32 hash = sha256(abi.encode(preimage));
        require(hash == what.hash, Swaps_WrongPreimage(hash, what.hash));
        _status[id] = Status.Claimed;
        emit Claimed(id, receiver, preimage);
        _send(what, receiver);
    }

    function _refund(bytes32 id, Lock calldata what, address receiver) private {
        _checkLocked(id);
        require(block.timestamp >= what.expiresAt, Swaps_TooEarly(what.expiresAt, block.timestamp));
        _status[id] = Status.Refunded;
        emit Refunded(id, receiver);
        _send(what, receiver);
    }

    function _checkLocked(bytes32 id) private view {
        Status now_ = _status[id];
        require(now_ == Status.Locked, Swaps_NotLocked(id, now_));
    }

    function _send(Lock calldata what, address receiver) private {
        if (what.seriesId == 0) _payOut(receiver, what.amount);
        else _certificates.safeTransferFrom(address(this), receiver, what.seriesId, what.amount, "");
    }

    function _structHash(Lock calldata what, Consent calldata consent) private pure returns (bytes32) {
        return keccak256(abi.encode(LOCK_TYPEHASH, what, consent.nonce, consent.deadline));
    }

    function _currencyOf(address giftCertificates) private view returns (address) {
        require(giftCertificates.code.length != 0, Custody_ZeroAddress());
        return IGiftCertificates(giftCertificates).currency();
    }
}
