// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

interface ICollector {
    function collect(address payer, address token, uint256 amount, bytes32 id, bytes calldata data) external;
}

/// @title BatchChannels
/// @notice Stands in, on the tests' chain, for the contract of x402's batch settlement: no package has its
///         code. Written from its ABI and from the scheme's specification; tests put it at the fixed address.
/// @dev What the gateway relies on is here: who may claim, which signatures count, that only what is claimed is
///      safe from a withdrawal, that one bad row fails its batch. Not here: events other than Settled.
contract BatchChannels is EIP712, Multicall {
    using SafeERC20 for IERC20;

    struct Config {
        address payer;
        address payerAuthorizer;
        address receiver;
        address receiverAuthorizer;
        address token;
        uint40 withdrawDelay;
        bytes32 salt;
    }

    struct Voucher {
        Config channel;
        uint128 maxClaimableAmount;
    }

    struct Claim {
        Voucher voucher;
        bytes signature;
        uint128 totalClaimed;
    }

    struct Channel {
        uint128 balance;
        uint128 totalClaimed;
    }

    struct Withdrawal {
        uint128 amount;
        uint40 initiatedAt;
    }

    struct Receiver {
        uint128 totalClaimed;
        uint128 totalSettled;
    }

    error InvalidChannel();
    error InvalidSignature();
    error NotReceiverAuthorizer();
    error NotAuthorizedToClaim();
    error ClaimExceedsCeiling();
    error ClaimExceedsBalance();
    error DepositCollectionFailed();
    error InvalidRefundNonce();
    error ZeroRefund();
    error WithdrawDelayNotElapsed();
    error WithdrawalAlreadyPending();

    event Settled(address indexed receiver, address indexed token, address indexed sender, uint128 amount);

    bytes32 private constant _CONFIG = keccak256(
        "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,"
        "address token,uint40 withdrawDelay,bytes32 salt)"
    );
    bytes32 private constant _VOUCHER = keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");
    bytes32 private constant _REFUND = keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)");
    bytes32 private constant _ENTRY =
        keccak256("ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)");
    bytes32 private constant _BATCH = keccak256(
        "ClaimBatch(ClaimEntry[] claims)"
        "ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
    );

    mapping(bytes32 channelId => Channel) public channels;
    mapping(bytes32 channelId => Withdrawal) public pendingWithdrawals;
    mapping(bytes32 channelId => uint256) public refundNonce;
    mapping(address receiver => mapping(address token => Receiver)) public receivers;

    constructor() EIP712("x402 Batch Settlement", "1") {}

    function deposit(Config calldata config, uint128 amount, address collector, bytes calldata data)
        external
    {
        require(config.payer != address(0) && config.receiverAuthorizer != address(0), InvalidChannel());
        require(config.withdrawDelay >= 15 minutes && config.withdrawDelay <= 30 days, InvalidChannel());
        bytes32 id = getChannelId(config);
        channels[id].balance += amount;
        uint256 before = IERC20(config.token).balanceOf(address(this));
        ICollector(collector).collect(config.payer, config.token, amount, id, data);
        uint256 gained = IERC20(config.token).balanceOf(address(this)) - before;
        require(amount != 0 && gained == amount, DepositCollectionFailed());
    }

    function claim(Claim[] calldata claims) external {
        for (uint256 i; i < claims.length; ++i) {
            Config calldata config = claims[i].voucher.channel;
            require(_isReceiver(config), NotAuthorizedToClaim());
            _claim(claims[i]);
        }
    }

    function claimWithSignature(Claim[] calldata claims, bytes calldata signature) external {
        address authorizer = claims[0].voucher.channel.receiverAuthorizer;
        bool signed = SignatureChecker.isValidSignatureNow(authorizer, getClaimBatchDigest(claims), signature);
        require(signed, InvalidSignature());
        for (uint256 i; i < claims.length; ++i) {
            require(claims[i].voucher.channel.receiverAuthorizer == authorizer, NotReceiverAuthorizer());
            _claim(claims[i]);
        }
    }

    function settle(address receiver, address token) external {
        Receiver storage owed = receivers[receiver][token];
        uint128 amount = owed.totalClaimed - owed.totalSettled;
        if (amount == 0) return;
        owed.totalSettled = owed.totalClaimed;
        IERC20(token).safeTransfer(receiver, amount);
        emit Settled(receiver, token, msg.sender, amount);
    }

    function initiateWithdraw(Config calldata config, uint128 amount) external {
        require(_isPayer(config) && amount != 0, InvalidChannel());
        bytes32 id = getChannelId(config);
        require(pendingWithdrawals[id].initiatedAt == 0, WithdrawalAlreadyPending());
        require(amount <= _free(id), ClaimExceedsBalance());
        pendingWithdrawals[id] = Withdrawal(amount, uint40(block.timestamp));
    }

    function finalizeWithdraw(Config calldata config) external {
        bytes32 id = getChannelId(config);
        Withdrawal memory pending = pendingWithdrawals[id];
        require(_isPayer(config) && pending.initiatedAt != 0, InvalidChannel());
        require(
            block.timestamp >= uint256(pending.initiatedAt) + config.withdrawDelay, WithdrawDelayNotElapsed()
        );
        delete pendingWithdrawals[id];
        _payBack(id, config, pending.amount);
    }

    function refund(Config calldata config, uint128 amount) external {
        require(_isReceiver(config), NotAuthorizedToClaim());
        _refund(getChannelId(config), config, amount);
    }

    function refundWithSignature(
        Config calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata signature
    ) external {
        bytes32 id = getChannelId(config);
        require(nonce == refundNonce[id], InvalidRefundNonce());
        bytes32 digest = getRefundDigest(id, nonce, amount);
        bool signed = SignatureChecker.isValidSignatureNow(config.receiverAuthorizer, digest, signature);
        require(signed, InvalidSignature());
        _refund(id, config, amount);
    }

    function getChannelId(Config calldata config) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(_CONFIG, config)));
    }

    function getVoucherDigest(bytes32 id, uint128 most) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(_VOUCHER, id, most)));
    }

    function getRefundDigest(bytes32 id, uint256 nonce, uint128 amount) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(_REFUND, id, nonce, amount)));
    }

    function getClaimBatchDigest(Claim[] calldata claims) public view returns (bytes32) {
        bytes memory entries;
        for (uint256 i; i < claims.length; ++i) {
            bytes32 id = getChannelId(claims[i].voucher.channel);
            bytes32 entry = keccak256(
                abi.encode(_ENTRY, id, claims[i].voucher.maxClaimableAmount, claims[i].totalClaimed)
            );
            entries = bytes.concat(entries, entry);
        }
        return _hashTypedDataV4(keccak256(abi.encode(_BATCH, keccak256(entries))));
    }

    function _claim(Claim calldata row) private {
        Config calldata config = row.voucher.channel;
        bytes32 id = getChannelId(config);
        Channel storage channel = channels[id];
        if (row.totalClaimed <= channel.totalClaimed) return;
        require(row.totalClaimed <= row.voucher.maxClaimableAmount, ClaimExceedsCeiling());
        require(row.totalClaimed <= channel.balance, ClaimExceedsBalance());
        bytes32 digest = getVoucherDigest(id, row.voucher.maxClaimableAmount);
        bool signed = config.payerAuthorizer == address(0)
            ? SignatureChecker.isValidSignatureNow(config.payer, digest, row.signature)
            : ECDSA.recover(digest, row.signature) == config.payerAuthorizer;
        require(signed, InvalidSignature());
        receivers[config.receiver][config.token].totalClaimed += row.totalClaimed - channel.totalClaimed;
        channel.totalClaimed = row.totalClaimed;
    }

    function _refund(bytes32 id, Config calldata config, uint128 amount) private {
        require(amount != 0, ZeroRefund());
        ++refundNonce[id];
        uint128 paid = _payBack(id, config, amount);
        Withdrawal storage pending = pendingWithdrawals[id];
        if (paid >= pending.amount) delete pendingWithdrawals[id];
        else pending.amount -= paid;
    }

    function _payBack(bytes32 id, Config calldata config, uint128 amount) private returns (uint128 paid) {
        uint128 free = _free(id);
        paid = amount > free ? free : amount;
        channels[id].balance -= paid;
        IERC20(config.token).safeTransfer(config.payer, paid);
    }

    function _free(bytes32 id) private view returns (uint128) {
        return channels[id].balance - channels[id].totalClaimed;
    }

    function _isPayer(Config calldata config) private view returns (bool) {
        return msg.sender == config.payer || msg.sender == config.payerAuthorizer;
    }

    function _isReceiver(Config calldata config) private view returns (bool) {
        return msg.sender == config.receiver || msg.sender == config.receiverAuthorizer;
    }
}
