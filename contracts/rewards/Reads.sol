// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRewardPools} from "../../interfaces/IRewardPools.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Pool} from "../types/Pool.sol";
import {Purse} from "../types/Purse.sol";
import {PoolLedger} from "./PoolLedger.sol";

/// @notice What reads pay, and how it is collected. Reads are credited and nothing is sent: in a batch each payee costs one slot
/// where a transfer costs two calls and an event more, and no payee is asked for anything.
abstract contract Reads is PoolLedger {
    bytes32 private constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(bytes32 poolId,address reader,address author,uint64 readId,uint96 amount,uint40 deadline)"
    );
    bytes32 private constant CHOICE_TYPEHASH = keccak256(
        "Choice(Attestation attestation,uint16 readerBps)Attestation(bytes32 poolId,address reader,address author,uint64 readId,uint96 amount,uint40 deadline)"
    );
    uint256 private constant ROW = 72;
    uint256 private constant SKIPPED_ROW = 5;

    /// @notice A pool as a batch sees it: read once and written once.
    /// @param left of the pool's money
    /// @param leftToday of the pool's daily cap
    struct Till {
        bytes32 poolId;
        address attester;
        uint256 day;
        uint256 left;
        uint256 leftToday;
        uint256 readerCap;
        uint256 minReaderBps;
        uint256 maxReaderBps;
    }

    // --------------------------------------------------------------------------------------------------- external

    /// @inheritdoc IRewardPools
    function pay(bytes32 poolId, Read[] calldata reads) external nonReentrant returns (uint256 amount) {
        Till memory till = _till(poolId);
        // A word longer: rows are written as whole words.
        bytes memory rows = new bytes(reads.length * ROW + 0x20);
        bytes memory skipped = new bytes(reads.length * SKIPPED_ROW + 0x20);
        (uint256 paidRows, uint256 skippedRows) = (0, 0);
        for (uint256 i = 0; i < reads.length; ++i) {
            Read calldata read = reads[i];
            uint256 free;
            assembly ("memory-safe") {
                free := mload(0x40)
            }
            (Fault fault, uint256 toReader) = _take(till, read);
            if (fault == Fault.None) {
                amount += read.amount;
                _writeRow(rows, paidRows++, read, toReader);
            } else {
                _writeSkipped(skipped, skippedRows++, i, fault);
            }
            assembly ("memory-safe") {
                // Nothing of what a row took is needed again: memory does not grow with the rows.
                mstore(0x40, free)
            }
        }
        assembly ("memory-safe") {
            mstore(rows, mul(paidRows, ROW))
            mstore(skipped, mul(skippedRows, SKIPPED_ROW))
        }
        _book(till, amount);
        emit ReadsPaid(poolId, amount, rows, skipped);
    }

    /// @inheritdoc IRewardPools
    function payOne(bytes32 poolId, Read calldata read) external nonReentrant returns (uint256 toReader) {
        Till memory till = _till(poolId);
        Fault fault;
        (fault, toReader) = _take(till, read);
        require(fault == Fault.None, Pools_NotPaid(read.readId, fault));
        _book(till, read.amount);
        bytes memory row =
            abi.encodePacked(read.readId, read.reader, read.author, read.amount, uint96(toReader));
        emit ReadsPaid(poolId, read.amount, row, "");
    }

    /// @inheritdoc IRewardPools
    function collect(address payee, bytes32[] calldata poolIds)
        external
        nonReentrant
        returns (uint256 amount)
    {
        for (uint256 i = 0; i < poolIds.length; ++i) {
            Purse purse = _purses[poolIds[i]][payee];
            uint256 credited = purse.credit();
            if (credited == 0) continue;
            _purses[poolIds[i]][payee] = purse.collected();
            amount += credited;
            emit RewardCollected(poolIds[i], payee, credited);
        }
        require(amount != 0, Pools_NothingToCollect(payee));
        _payOut(payee, amount);
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @dev Check: the pool is there and not closed.
    function _till(bytes32 poolId) private view returns (Till memory till) {
        Pool storage found = _known(poolId);
        uint256 closesAt = found.closesAt;
        require(closesAt == 0 || block.timestamp < closesAt, Pools_Closed(poolId, closesAt));
        till.poolId = poolId;
        till.attester = _isChanged(found.newAttesterAt) ? found.newAttester : found.attester;
        till.day = _today();
        till.left = found.funded - found.spent;
        till.leftToday = found.poolCap - (found.day == till.day ? found.spentThatDay : 0);
        till.readerCap = found.readerCap;
        (till.minReaderBps, till.maxReaderBps) = (found.minReaderBps, found.maxReaderBps);
    }

    /// @dev Effect: what the reads took from the pool.
    function _book(Till memory till, uint256 amount) private {
        if (amount == 0) return;
        Pool storage found = _pools[till.poolId];
        // casting to 'uint96' is safe because the till had as much left, and to 'uint32' for eleven million years
        // forge-lint: disable-next-line(unsafe-typecast)
        uint96 more = uint96(amount);
        found.spent += more;
        found.spentThatDay = (found.day == till.day ? found.spentThatDay : 0) + more;
        // forge-lint: disable-next-line(unsafe-typecast)
        found.day = uint32(till.day);
    }

    /// @dev Check and effect: one read. The signatures come last, after what costs less; nothing is written before all is well.
    function _take(Till memory till, Read calldata read) private returns (Fault fault, uint256 toReader) {
        (address reader, address author, uint256 amount) = (read.reader, read.author, read.amount);
        if (amount == 0) return (Fault.ZeroAmount, 0);
        if (block.timestamp >= read.deadline) return (Fault.Expired, 0);
        if (!_isPayee(reader) || !_isPayee(author)) return (Fault.NoPayee, 0);
        toReader = read.readerBps;
        if (toReader < till.minReaderBps || toReader > till.maxReaderBps) return (Fault.RatioOutOfBounds, 0);
        // The author has the dust.
        toReader = amount * toReader / BPS;

        mapping(uint256 word => uint256 reads) storage paid = _paid[till.poolId];
        uint256 bit = 1 << (read.readId & 0xff);
        uint256 reads = paid[read.readId >> 8];
        if (reads & bit != 0) return (Fault.AlreadyPaid, 0);

        mapping(address payee => Purse) storage purses = _purses[till.poolId];
        Purse purse = purses[reader];
        if (purse.spentOn(till.day) + amount > till.readerCap) return (Fault.OverReaderCap, 0);
        if (amount > till.leftToday) return (Fault.OverPoolCap, 0);
        if (amount > till.left) return (Fault.OverBudget, 0);
        fault = _checkSignatures(till, read);
        if (fault != Fault.None) return (fault, 0);

        paid[read.readId >> 8] = reads | bit;
        unchecked {
            till.left -= amount;
            till.leftToday -= amount;
            // What is credited in all is at most what was put in: 96 bits.
            purses[reader] = purse.credited(toReader, amount, till.day);
            // Read after the reader's was written: they may be one.
            if (toReader != amount) purses[author] = purses[author].credited(amount - toReader, 0, till.day);
        }
    }

    /// @dev An attester and a reader that submit a read themselves need not sign it.
    function _checkSignatures(Till memory till, Read calldata read) private view returns (Fault) {
        bool attests = read.attested.length == 0 && msg.sender == till.attester;
        bool chooses = read.chosen.length == 0 && msg.sender == read.reader;
        if (attests && chooses) return Fault.None;
        bytes32 attestation = keccak256(
            abi.encode(
                ATTESTATION_TYPEHASH,
                till.poolId,
                read.reader,
                read.author,
                read.readId,
                read.amount,
                read.deadline
            )
        );
        if (!attests && !Signatures.isValid(till.attester, _hashTypedData(attestation), read.attested)) {
            return Fault.NotAttested;
        }
        if (chooses) return Fault.None;
        bytes32 choice = keccak256(abi.encode(CHOICE_TYPEHASH, attestation, read.readerBps));
        bool isChosen = Signatures.isValid(read.reader, _hashTypedData(choice), read.chosen);
        return isChosen ? Fault.None : Fault.NotChosen;
    }

    /// @dev What is credited to the zero address, or to this contract, nobody could ever fetch.
    function _isPayee(address payee) private view returns (bool) {
        return payee != address(0) && payee != address(this);
    }

    function _writeRow(bytes memory rows, uint256 row, Read calldata read, uint256 toReader) private pure {
        uint256 readId = read.readId;
        (address reader, address author, uint256 amount) = (read.reader, read.author, read.amount);
        assembly ("memory-safe") {
            // From left to right: each word's tail is overwritten by the next.
            let place := add(add(rows, 0x20), mul(row, ROW))
            mstore(place, shl(192, readId))
            mstore(add(place, 8), shl(96, reader))
            mstore(add(place, 28), shl(96, author))
            mstore(add(place, 48), shl(160, amount))
            mstore(add(place, 60), shl(160, toReader))
        }
    }

    function _writeSkipped(bytes memory skipped, uint256 row, uint256 given, Fault fault) private pure {
        assembly ("memory-safe") {
            mstore(add(add(skipped, 0x20), mul(row, SKIPPED_ROW)), shl(216, or(shl(8, given), fault)))
        }
    }
}
