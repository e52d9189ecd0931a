// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Account, MAX_AMOUNT} from "../types/Account.sol";
import {Series, NAMED} from "../types/Series.sol";
import {Cards} from "./Cards.sol";

/// @notice The common payment on its own: one card, whose holder signed with a key, to the merchant who sends it.
/// @dev Cheaper than a `Run`, which is made for many. What this declines, `Cards` decides: it names the failure, and it
/// knows contract wallets.
abstract contract SignedCards is Cards {
    bytes32 internal constant NO_DATA = keccak256("");

    /// @dev Check and effect: everything that `Cards` asks of such a card holds, and its face is burnt.
    /// @return row its `order 64 | nonce 64`, as in `Redeemed`; 0 says nothing and has changed nothing (no nonce is 0)
    /// @return payout what the merchant gets for it
    function _redeemCommon(Redemption calldata card) internal returns (uint256 row, uint256 payout) {
        uint256 seriesId = card.seriesId;
        SeriesWord storage place = _series[seriesId];
        Series series = place.word;
        // Without a series there is no expiry ahead. An open series is open to the sender, who is somebody and not this
        // contract: all that it calls of itself is `creditAccepted`.
        if (!_isAhead(series.expiresAt())) return (0, 0);
        if (series.has(NAMED) && !_isMerchant(seriesId, series, msg.sender)) return (0, 0);
        mapping(address => Holding) storage accounts = _accounts[seriesId];
        address holder;
        Holding storage holding;
        Account held;
        assembly ("memory-safe") {
            holder := calldataload(card) // whose signature it is: within its type
            mstore(0x00, holder)
            mstore(0x20, accounts.slot)
            holding.slot := keccak256(0x00, 0x40) // `accounts[holder]`
            held := sload(holding.slot)
            payout := calldataload(add(card, 0x40)) // amount
        }
        row = _checkCommon(card, held, payout);
        if (row == 0) return (0, 0);

        holding.account = held.withNonce(uint64(row)).spend(payout);
        place.word = series.burnFace(payout);
        _logTransfer(msg.sender, holder, address(0), seriesId, payout);
        uint256 fee = series.feeBps();
        if (fee != 0) {
            fee = payout * fee / BPS;
            _records[seriesId].feesAccrued += uint96(fee);
            payout -= fee;
        }
    }

    /// @dev Check: all but the series, at once, and last that the holder's key signed the card, for the caller.
    /// @return row 0 when it does not hold
    function _checkCommon(Redemption calldata card, Account held, uint256 amount)
        private
        view
        returns (uint256 row)
    {
        (uint256 window, uint256 most) = (NONCE_WINDOW, MAX_AMOUNT);
        assembly ("memory-safe") {
            let order := calldataload(add(card, 0x60))
            let nonce := calldataload(add(card, 0x80))
            let deadline := calldataload(add(card, 0xa0))
            // 0 < amount ≤ balance, spent + amount ≤ most; now < deadline, watermark < nonce ≤ watermark + window; as the
            // ABI decoder does, no value beyond its type; 65 bytes of signature right behind the members, in the calldata
            let good :=
                and(
                    and(
                        and(
                            lt(sub(amount, 1), and(held, most)),
                            iszero(gt(add(and(shr(96, held), most), amount), most))
                        ),
                        and(lt(timestamp(), deadline), lt(sub(sub(nonce, shr(192, held)), 1), window))
                    ),
                    and(
                        iszero(or(shr(64, or(order, nonce)), shr(40, deadline))),
                        and(
                            and(
                                eq(calldataload(add(card, 0xc0)), 0xe0),
                                eq(calldataload(add(card, 0xe0)), 65)
                            ),
                            iszero(gt(add(card, 0x141), calldatasize()))
                        )
                    )
                )
            row := mul(good, or(shl(64, order), nonce))
        }
        if (row == 0) return 0;
        (bytes32 typehash, bytes32 noData, bytes32 domain) =
            (REDEMPTION_TYPEHASH, NO_DATA, _domainSeparator());
        assembly ("memory-safe") {
            let words := mload(0x40) // unclaimed memory
            mstore(words, typehash)
            calldatacopy(add(words, 0x20), card, 0x60) // holder, seriesId, amount
            mstore(add(words, 0x80), caller()) // merchant
            mstore(add(words, 0xa0), 0) // payee
            mstore(add(words, 0xc0), calldataload(add(card, 0x60))) // order
            mstore(add(words, 0xe0), noData)
            calldatacopy(add(words, 0x100), add(card, 0x80), 0x40) // nonce, deadline
            let structHash := keccak256(words, 0x140)
            mstore(words, shl(240, 0x1901))
            mstore(add(words, 0x02), domain)
            mstore(add(words, 0x22), structHash)
            // ecrecover(digest, v, r, s) answers with a word, or with nothing when the signature is none
            mstore(words, keccak256(words, 0x42))
            mstore(add(words, 0x20), byte(0, calldataload(add(card, 0x140))))
            calldatacopy(add(words, 0x40), add(card, 0x100), 0x40)
            let good := staticcall(gas(), 1, words, 0x80, 0x00, 0x20)
            good := and(good, and(eq(returndatasize(), 0x20), eq(mload(0x00), calldataload(card))))
            row := mul(good, row)
        }
    }
}
