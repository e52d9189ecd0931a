// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "solady/src/utils/EIP712.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Account} from "../types/Account.sol";
import {Ledger} from "./Ledger.sol";

/// @notice What a holder can do, a holder can sign: EIP-712 messages, and the watermark that makes each act at most once.
abstract contract Authorizations is Ledger, EIP712 {
    /// @dev How far a nonce may lie above the watermark: room to count in seconds or at random, too little to burn the
    /// nonce space with one careless signature.
    uint256 internal constant NONCE_WINDOW = 1 << 32;

    /// @dev An empty signature stands for the caller's own call; anything else is checked and its nonce used up.
    /// @return signed whether there was a signature
    function _authorize(
        address holder,
        uint256 seriesId,
        bytes32 structHash,
        Authorization calldata authorization
    ) internal returns (bool signed) {
        if (authorization.signature.length == 0) {
            require(holder == msg.sender, GiftCertificates_NotYourCard(holder, msg.sender));
            return false;
        }
        _checkDeadline(authorization.deadline);
        _useNonce(holder, seriesId, authorization.nonce);
        _checkSignature(holder, structHash, authorization.signature);
        return true;
    }

    function _useNonce(address holder, uint256 seriesId, uint256 nonce) internal {
        Holding storage holding = _accounts[seriesId][holder];
        Account held = holding.account;
        uint256 watermark = held.nonce();
        require(nonce > watermark, GiftCertificates_NonceTooLow(nonce, watermark));
        require(
            nonce <= watermark + NONCE_WINDOW, GiftCertificates_NonceTooHigh(nonce, watermark + NONCE_WINDOW)
        );
        holding.account = held.withNonce(nonce);
        emit AuthorizationUsed(holder, seriesId, nonce);
    }

    function _checkDeadline(uint256 deadline) internal view {
        require(_isAhead(deadline), GiftCertificates_DeadlinePassed(deadline, block.timestamp));
    }

    function _checkSignature(address signer, bytes32 structHash, bytes calldata signature) internal view {
        bytes32 digest = _hashTypedData(structHash);
        require(
            Signatures.isValid(signer, digest, signature), GiftCertificates_InvalidSignature(signer, digest)
        );
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse GiftCertificates", "1");
    }
}
