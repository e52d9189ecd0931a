// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IJarBackOffice} from "../../interfaces/IJarBackOffice.sol";
import {Memberships} from "./Memberships.sol";

/// @notice Memberships that somebody paid for and somebody else claims.
abstract contract GiftSubscriptionBook is Memberships {
    bytes32 private constant GIVE_TYPEHASH =
        keccak256("GiveSubscriptions(address payer,bytes32 batchId,uint64 nonce,uint40 deadline)");
    bytes32 private constant CLAIM_TYPEHASH =
        keccak256("GiftSubscriptionClaim(bytes32 batchId,uint256 index,address account)");

    /// @inheritdoc IJarBackOffice
    function giveSubscriptions(GiftSubscriptions calldata gifts, Consent calldata consent)
        external
        nonReentrant
        returns (bytes32 batchId)
    {
        batchId = keccak256(abi.encode(gifts));
        require(_giftBatches[batchId] == 0, Jar_BatchExists(batchId));
        require(gifts.count != 0, Jar_ZeroAmount());
        require(block.timestamp < gifts.reclaimAt, Jar_BadReclaimDate(gifts.reclaimAt, block.timestamp));
        Tier memory tier = _tiers[gifts.creator][gifts.tier];
        _checkAgreed(gifts.tier, tier, gifts.rate, gifts.version);
        _lasting(block.timestamp, gifts.rate, gifts.amountEach * _scale);
        uint256 amount = uint256(gifts.amountEach) * gifts.count;
        require(amount <= type(uint96).max, Custody_AmountTooLarge(amount, type(uint96).max));
        address payer = gifts.payer;
        if (_isOwnCall(payer, consent)) {
            _pull(payer, amount);
        } else {
            bytes32 structHash =
                keccak256(abi.encode(GIVE_TYPEHASH, payer, batchId, consent.nonce, consent.deadline));
            _pullByConsent(payer, amount, structHash, consent);
        }
        _countPaid(payer, amount);
        _giftBatches[batchId] = GIVEN + gifts.count;
        emit SubscriptionsGiven(batchId, gifts);
    }

    /// @inheritdoc IJarBackOffice
    function claimSubscription(
        GiftSubscriptions calldata gifts,
        uint256 index,
        address key,
        address named,
        bytes32[] calldata proof,
        address account,
        bytes calldata signature
    ) external nonReentrant returns (uint256 until) {
        bytes32 batchId = keccak256(abi.encode(gifts));
        _takeGift(batchId, gifts, index);
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(index, key, named))));
        require(MerkleProof.verifyCalldata(proof, gifts.root, leaf), Jar_NotInTree(batchId, leaf));
        if (named == address(0)) {
            require(account != address(0), Custody_ZeroAddress());
            _checkSignature(key, keccak256(abi.encode(CLAIM_TYPEHASH, batchId, index, account)), signature);
        } else {
            require(account == named, Jar_WrongAccount(account, named));
        }
        until = _start(gifts, account);
        emit GiftSubscriptionClaimed(batchId, gifts.creator, account, gifts.tier, index, until);
    }

    /// @inheritdoc IJarBackOffice
    function reclaimSubscriptions(GiftSubscriptions calldata gifts)
        external
        nonReentrant
        returns (uint256 amount)
    {
        bytes32 batchId = keccak256(abi.encode(gifts));
        uint256 left = _giftsLeft(batchId);
        require(left != 0, Jar_NothingLeft(batchId));
        require(gifts.reclaimAt <= block.timestamp, Jar_NotReclaimable(gifts.reclaimAt, block.timestamp));
        _giftBatches[batchId] = GIVEN;
        amount = left * gifts.amountEach;
        emit GiftSubscriptionsReclaimed(batchId, gifts.payer, amount);
        _payOut(gifts.payer, amount);
    }

    // ---------------------------------------------------------------------------------------------------- private

    function _takeGift(bytes32 batchId, GiftSubscriptions calldata gifts, uint256 index) private {
        require(_giftsLeft(batchId) != 0, Jar_NothingLeft(batchId));
        require(block.timestamp < gifts.reclaimAt, Jar_ClaimsOver(gifts.reclaimAt, block.timestamp));
        require(index < gifts.count, Jar_IndexOutOfRange(index, gifts.count));
        uint256 bits = _claimedGifts[batchId][index >> 8];
        uint256 bit = 1 << (index & 0xff);
        require(bits & bit == 0, Jar_GiftClaimed(batchId, index));
        _claimedGifts[batchId][index >> 8] = bits | bit;
        _giftBatches[batchId] -= 1;
    }

    /// @dev A gift has no payer: nobody can end it, so it needs no stream of its own.
    function _start(GiftSubscriptions calldata gifts, address account) private returns (uint256 until) {
        Membership storage member = _memberships[gifts.creator][gifts.tier][account];
        require(member.until <= block.timestamp, Jar_AlreadyMember(account, member.until));
        uint256 dust;
        (until, dust) = _lasting(block.timestamp, gifts.rate, gifts.amountEach * _scale);
        _join(member, address(0), until, gifts.version);
        _enter(_jarIdOf(gifts.creator, gifts.version), gifts.rate, block.timestamp, until, dust);
    }
}
