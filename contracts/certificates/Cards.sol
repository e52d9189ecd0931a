// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Account, MAX_AMOUNT} from "../types/Account.sol";
import {Series, NAMED} from "../types/Series.sol";
import {Tokens} from "./Tokens.sol";

/// @notice One certificate in a payment: read, checked and burnt.
/// @dev Every failure carries at most two values, so that a batch can report what a single payment reverts with.
abstract contract Cards is Tokens {
    uint256 internal constant BPS = 10_000;
    uint256 private constant ROW_BYTES = 16; // order 64 | nonce 64

    bytes32 internal constant REDEMPTION_TYPEHASH = keccak256(
        "Redemption(address holder,uint256 seriesId,uint96 amount,address merchant,address payee,uint64 order,bytes data,uint64 nonce,uint40 deadline)"
    );

    /// @notice What one call works on: the series is read once and written back when the next row is of another, a card is
    /// read and validated once. The first ten words are, in its order, what the holder of the card at hand signs.
    struct Run {
        bytes32 typehash; // 0x00
        address holder;
        uint256 seriesId; // 0x40
        uint256 amount;
        address merchant; // 0x80: the same for all rows, receives the currency
        address payee; // the same; zero: the merchant, else the merchant is a service
        uint256 order; // 0xc0
        bytes32 dataHash; // the same
        uint256 nonce; // 0x100: 0 without a signature
        uint256 deadline;
        Series series; // 0x140
        uint256 fees;
        bytes4 failure; // 0x180: why no row of this series can pass
        uint256 value;
        uint256 bound;
        uint256 slot; // 0x1e0: of the holder's account
        Account held; // the account, the nonce used up
        uint256 accountsSlot; // 0x220: of the series' accounts
        uint256 seriesSlot; // of the series' word
        bytes32 domain; // 0x260
    }

    function _begin(Run memory run, address merchant, address payee, bytes32 dataHash) internal view {
        (run.typehash, run.domain) = (REDEMPTION_TYPEHASH, _domainSeparator());
        (run.merchant, run.payee, run.dataHash) = (merchant, payee, dataHash);
    }

    /// @dev Check: everything that is the same for all rows of one series.
    function _open(Run memory run, uint256 seriesId) internal view {
        mapping(uint256 => SeriesWord) storage all = _series;
        mapping(address => Holding) storage accounts = _accounts[seriesId];
        Series series;
        assembly ("memory-safe") {
            mstore(0x00, seriesId)
            mstore(0x20, all.slot)
            let slot := keccak256(0x00, 0x40) // of `_series[seriesId]`
            series := sload(slot)
            mstore(add(run, 0x40), seriesId)
            mstore(add(run, 0x140), series)
            mstore(add(run, 0x180), 0) // failure
            mstore(add(run, 0x220), accounts.slot)
            mstore(add(run, 0x240), slot)
        }
        if (!series.exists()) {
            _fail(run, GiftCertificates_UnknownSeries.selector, 0);
        } else if (!_isAhead(series.expiresAt())) {
            _fail(run, GiftCertificates_Expired.selector, series.expiresAt());
        } else if (run.payee == address(0)) {
            if (!_isMerchant(seriesId, series, run.merchant)) {
                _fail(run, GiftCertificates_NotMerchant.selector, uint160(run.merchant));
            }
        } else if (!_isService(seriesId, series, run.merchant)) {
            _fail(run, GiftCertificates_NotService.selector, uint160(run.merchant));
        } else if (run.payee != run.merchant && !_isMerchant(seriesId, series, run.payee)) {
            _fail(run, GiftCertificates_NotMerchant.selector, uint160(run.payee));
        } else if (!series.has(NAMED) && series.feeBps() != 0) {
            // Anybody's contract is a service of an open series: into a service, the fee could be dodged.
            _fail(run, GiftCertificates_FeeBarsService.selector, series.feeBps());
        }
    }

    /// @dev Effect: the series' word and its fees, once for all rows that touched it.
    function _close(Run memory run) internal {
        if (run.seriesId == 0 || run.failure != 0) return;
        (uint256 slot, Series series) = (run.seriesSlot, run.series);
        assembly ("memory-safe") {
            sstore(slot, series) // `_series[run.seriesId]`
        }
        if (run.fees != 0) {
            _records[run.seriesId].feesAccrued += uint96(run.fees);
            run.fees = 0;
        }
    }

    /// @dev Reads a card into the run, and its series when it is another than the last card's.
    /// @return signature empty when the holder must be the caller
    function _read(Run memory run, Redemption calldata card, bool first)
        internal
        returns (bytes calldata signature)
    {
        uint256 seriesId = card.seriesId;
        if (first || seriesId != run.seriesId) {
            _close(run);
            _open(run, seriesId);
        }
        assembly ("memory-safe") {
            calldatacopy(add(run, 0x20), card, 0x60) // holder, seriesId, amount
            mstore(add(run, 0xc0), calldataload(add(card, 0x60))) // order
            calldatacopy(add(run, 0x100), add(card, 0x80), 0x40) // nonce, deadline
            // `card.signature`
            let tail := calldataload(add(card, 0xc0))
            signature.length := calldataload(add(card, tail))
            signature.offset := add(add(card, tail), 0x20)
            // As the ABI decoder does: no value may reach beyond its type, nor the signature beyond the calldata.
            if or(
                or(
                    or(shr(160, mload(add(run, 0x20))), shr(96, mload(add(run, 0x60)))),
                    or(
                        shr(
                            64,
                            or(or(mload(add(run, 0xc0)), mload(add(run, 0x100))), or(tail, signature.length))
                        ),
                        shr(40, mload(add(run, 0x120)))
                    )
                ),
                gt(add(signature.offset, signature.length), calldatasize())
            ) { revert(0, 0) }
            if iszero(signature.length) { mstore(add(run, 0x100), 0) }
        }
    }

    /// @dev Check: the common card, whose holder signed with a key, all at once. True: everything that `_checkCard` asks
    /// holds, and the account, its nonce used up, is in the run. False says nothing: `_checkCard` decides.
    function _isGood(Run memory run, bytes calldata signature) internal view returns (bool good) {
        (uint256 window, uint256 most) = (NONCE_WINDOW, MAX_AMOUNT);
        assembly ("memory-safe") {
            // In scratch space and memory that nobody claimed; the run's members at their places.
            let holder := mload(add(run, 0x20))
            let amount := mload(add(run, 0x60))
            let nonce := mload(add(run, 0x100))
            mstore(0x00, holder)
            mstore(0x20, mload(add(run, 0x220)))
            let slot := keccak256(0x00, 0x40) // of `_accounts[run.seriesId][holder]`
            let held := sload(slot)
            let watermark := shr(192, held)
            // no failure, 65 bytes; 0 < amount ≤ balance, spent + amount ≤ most; now < deadline, watermark < nonce ≤
            // watermark + window
            good := and(
                and(
                    and(iszero(mload(add(run, 0x180))), eq(signature.length, 65)),
                    and(
                        and(gt(amount, 0), iszero(gt(amount, and(held, most)))),
                        iszero(gt(add(and(shr(96, held), most), amount), most))
                    )
                ),
                and(
                    lt(timestamp(), mload(add(run, 0x120))),
                    and(gt(nonce, watermark), iszero(gt(nonce, add(watermark, window))))
                )
            )
            if good {
                let words := mload(0x40)
                mstore(words, shl(240, 0x1901))
                mstore(add(words, 0x02), mload(add(run, 0x260))) // domain
                mstore(add(words, 0x22), keccak256(run, 0x140))
                // ecrecover(digest, v, r, s) answers with a word, or with nothing when the signature is none
                mstore(words, keccak256(words, 0x42))
                mstore(add(words, 0x20), byte(0, calldataload(add(signature.offset, 0x40))))
                calldatacopy(add(words, 0x40), signature.offset, 0x40)
                good := staticcall(gas(), 1, words, 0x80, 0x00, 0x20)
                good := and(good, and(eq(returndatasize(), 0x20), eq(mload(0x00), holder)))
                mstore(add(run, 0x1e0), slot)
                mstore(add(run, 0x200), or(shr(64, shl(64, held)), shl(192, nonce)))
            }
        }
    }

    /// @dev Check: the card that was read. Leaves the account, its nonce used up, in `run.held`.
    function _checkCard(Run memory run, bytes calldata signature)
        internal
        view
        returns (bytes4 failure, uint256 value, uint256 bound)
    {
        (failure, value, bound) = _checkSpend(run);
        if (failure != 0) return (failure, value, bound);
        address holder = run.holder;
        if (signature.length == 0) {
            if (holder == msg.sender) return (0, 0, 0);
            return (GiftCertificates_NotYourCard.selector, uint160(holder), uint160(msg.sender));
        }
        if (!_isAhead(run.deadline)) {
            return (GiftCertificates_DeadlinePassed.selector, run.deadline, block.timestamp);
        }
        value = run.nonce;
        bound = run.held.nonce();
        if (value <= bound) return (GiftCertificates_NonceTooLow.selector, value, bound);
        unchecked {
            bound += NONCE_WINDOW; // a watermark has 64 bits
        }
        if (value > bound) return (GiftCertificates_NonceTooHigh.selector, value, bound);
        run.held = run.held.withNonce(value);
        bytes32 digest = _hashTypedData(_cardHash(run));
        if (!Signatures.isValid(holder, digest, signature)) {
            return (GiftCertificates_InvalidSignature.selector, uint160(holder), uint256(digest));
        }
        return (0, 0, 0);
    }

    /// @dev Check: the series, the amount and the balance. Leaves the account in `run.held`.
    function _checkSpend(Run memory run) private view returns (bytes4 failure, uint256 value, uint256 bound) {
        if (run.failure != 0) return (run.failure, run.value, run.bound);
        uint256 amount = run.amount;
        if (amount == 0) return (GiftCertificates_ZeroAmount.selector, run.seriesId, 0);
        Account held;
        assembly ("memory-safe") {
            mstore(0x00, mload(add(run, 0x20))) // holder
            mstore(0x20, mload(add(run, 0x220)))
            let slot := keccak256(0x00, 0x40) // of `_accounts[run.seriesId][run.holder]`
            held := sload(slot)
            mstore(add(run, 0x1e0), slot)
            mstore(add(run, 0x200), held)
        }
        uint256 balance = held.balance();
        if (amount > balance) return (GiftCertificates_InsufficientBalance.selector, balance, amount);
        uint256 spent = held.spent();
        unchecked {
            // two amounts of 96 bits
            if (spent + amount > MAX_AMOUNT) return (GiftCertificates_Overflow.selector, spent, amount);
        }
    }

    /// @dev Effect: burn the face of the card that was checked last; the fee is rounded down, in the merchant's favour.
    /// @return payout what the merchant gets for it
    function _settle(Run memory run) internal returns (uint256 payout) {
        uint256 amount = run.amount;
        Account held = run.held.spend(amount);
        Series series = run.series.burnFace(amount);
        run.series = series;
        payout = amount;
        if (run.payee != address(0)) {
            if (series.has(NAMED)) {
                _placed[run.seriesId][run.merchant][run.holder] += amount;
                UseWord storage place = _uses[run.seriesId][run.holder];
                place.use = place.use.place(amount);
            }
        } else {
            uint256 feeBps = series.feeBps();
            if (feeBps != 0) {
                unchecked {
                    // 96 bits by 16; at most a fifth of the amount, and the sum of parts of 96-bit balances
                    uint256 fee = amount * feeBps / BPS;
                    run.fees += fee;
                    payout -= fee;
                }
            }
        }
        bytes32 topic = IERC1155.TransferSingle.selector;
        assembly ("memory-safe") {
            sstore(mload(add(run, 0x1e0)), held) // `_accounts[run.seriesId][run.holder]`
            // `_logTransfer(run.merchant, run.holder, address(0), run.seriesId, amount)`
            mstore(0x00, mload(add(run, 0x40)))
            mstore(0x20, amount)
            log4(0x00, 0x40, topic, mload(add(run, 0x80)), mload(add(run, 0x20)), 0)
        }
    }

    /// @dev One card that passes or reverts, by signature or by its holder's own call.
    function _redeemCard(Run memory run, Redemption calldata card, bool first)
        internal
        returns (uint256 payout)
    {
        bytes calldata signature = _read(run, card, first);
        if (!_isGood(run, signature)) {
            (bytes4 failure, uint256 value, uint256 bound) = _checkCard(run, signature);
            if (failure != 0) _revert(failure, value, bound);
        }
        return _settle(run);
    }

    /// @dev The card at hand, whose holder's consent the caller has checked.
    function _redeemOwn(Run memory run) internal returns (uint256 payout) {
        (bytes4 failure, uint256 value, uint256 bound) = _checkSpend(run);
        if (failure != 0) _revert(failure, value, bound);
        return _settle(run);
    }

    /// @dev Struct hash of the `Redemption` of the card at hand.
    function _cardHash(Run memory run) internal pure returns (bytes32 structHash) {
        assembly ("memory-safe") {
            structHash := keccak256(run, 0x140)
        }
    }

    /// @dev Room for the orders and nonces of `count` cards, and for the half word that the last one writes in vain.
    function _newRows(uint256 count) internal pure returns (bytes memory rows) {
        return new bytes((count + 1) * ROW_BYTES);
    }

    /// @dev Order and nonce of the card at hand; the lower half of the word is the next row's, which is not yet written.
    function _putRow(bytes memory rows, uint256 index, Run memory run) internal pure {
        assembly ("memory-safe") {
            mstore(
                add(add(rows, 0x20), mul(index, ROW_BYTES)),
                or(shl(192, mload(add(run, 0xc0))), shl(128, mload(add(run, 0x100))))
            )
        }
    }

    function _cut(bytes memory rows, uint256 count) internal pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(rows, mul(count, ROW_BYTES)) // shorter than it was
        }
        return rows;
    }

    function _fail(Run memory run, bytes4 failure, uint256 bound) private pure {
        (run.failure, run.value, run.bound) = (failure, run.seriesId, bound);
    }

    /// @dev Reverts with the custom error of that selector; the two errors that carry one value leave `bound` out.
    function _revert(bytes4 failure, uint256 value, uint256 bound) private pure {
        uint256 length = failure == GiftCertificates_ZeroAmount.selector
            || failure == GiftCertificates_UnknownSeries.selector
            ? 0x24
            : 0x44;
        assembly ("memory-safe") {
            mstore(0x00, failure)
            mstore(0x04, value)
            mstore(0x24, bound) // reaches into the free memory pointer, which nobody reads again
            revert(0x00, length)
        }
    }
}
