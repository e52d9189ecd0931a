// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJarBackOffice} from "../../interfaces/IJarBackOffice.sol";
import {Flows} from "./Flows.sol";
import {MonthlyCaps} from "./MonthlyCaps.sol";

/// @notice Tips to somebody who is known by a handle only.
abstract contract HandleTips is IJarBackOffice, Flows, MonthlyCaps {
    bytes32 private constant TIP_HANDLE_TYPEHASH =
        keccak256("TipHandle(address payer,bytes32 tipId,string message,uint64 nonce,uint40 deadline)");
    bytes32 private constant HANDLE_CLAIM_TYPEHASH =
        keccak256("HandleClaim(bytes32[] tipIds,address recipient,uint40 deadline)");

    /// @inheritdoc IJarBackOffice
    function tipHandle(HandleTip calldata tip, string calldata message, Consent calldata consent)
        external
        nonReentrant
        returns (bytes32 tipId)
    {
        tipId = keccak256(abi.encode(tip));
        require(!_handleTips[tipId], Jar_TipExists(tipId));
        require(tip.amount != 0, Jar_ZeroAmount());
        require(tip.attestor != address(0), Custody_ZeroAddress());
        require(block.timestamp < tip.reclaimAt, Jar_BadReclaimDate(tip.reclaimAt, block.timestamp));
        if (_isOwnCall(tip.payer, consent)) {
            _pull(tip.payer, tip.amount);
        } else {
            bytes32 structHash = keccak256(
                abi.encode(
                    TIP_HANDLE_TYPEHASH,
                    tip.payer,
                    tipId,
                    keccak256(bytes(message)),
                    consent.nonce,
                    consent.deadline
                )
            );
            _pullByConsent(tip.payer, tip.amount, structHash, consent);
        }
        _countPaid(tip.payer, tip.amount);
        _handleTips[tipId] = true;
        emit HandleTipped(tipId, tip.handle, tip, message);
    }

    /// @inheritdoc IJarBackOffice
    function claimHandleTips(
        HandleTip[] calldata tips,
        address recipient,
        uint40 deadline,
        bytes calldata attestation
    ) external nonReentrant returns (uint256 amount) {
        uint256 jarId = _jarIdOf(recipient, 0);
        _checkJar(jarId);
        _checkDeadline(deadline);
        require(tips.length != 0, Jar_ZeroAmount());
        address attestor = tips[0].attestor;
        bytes32[] memory tipIds = new bytes32[](tips.length);
        for (uint256 i = 0; i < tips.length; ++i) {
            HandleTip calldata tip = tips[i];
            require(tip.attestor == attestor, Jar_AttestorDiffers(tip.attestor, attestor));
            bytes32 tipId = keccak256(abi.encode(tip));
            tipIds[i] = tipId;
            if (!_handleTips[tipId] || tip.reclaimAt <= block.timestamp) {
                emit HandleTipSkipped(tipId);
                continue;
            }
            _handleTips[tipId] = false;
            amount += tip.amount;
        }
        require(amount != 0, Jar_NothingLeft(tipIds[0]));
        _checkSignature(
            attestor,
            keccak256(
                abi.encode(HANDLE_CLAIM_TYPEHASH, keccak256(abi.encodePacked(tipIds)), recipient, deadline)
            ),
            attestation
        );
        _credit(jarId, amount * _scale);
        emit HandleTipsClaimed(tipIds, recipient, amount);
    }

    /// @inheritdoc IJarBackOffice
    function reclaimHandleTip(HandleTip calldata tip) external nonReentrant {
        bytes32 tipId = keccak256(abi.encode(tip));
        require(_handleTips[tipId], Jar_NothingLeft(tipId));
        require(tip.reclaimAt <= block.timestamp, Jar_NotReclaimable(tip.reclaimAt, block.timestamp));
        _handleTips[tipId] = false;
        emit HandleTipReclaimed(tipId, tip.payer, tip.amount);
        _payOut(tip.payer, tip.amount);
    }
}
