// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What a service implements to be paid with certificates
/// @notice GiftCertificates burns the holders' face, moves the same amount of currency to the service, measures that all of it
/// arrived, and then calls `onRedemption`, all in one transaction: when the call fails, nothing has happened.
interface IRedemptionReceiver {
    /// @notice One card in a payment.
    /// @param holder whose certificate it was; what the service hands back must be restored to this account
    /// @param seriesId the series it was of; what the service hands back must be restored as this series
    /// @param amount face burnt, in base units of the currency
    struct Portion {
        address holder;
        uint256 seriesId;
        uint256 amount;
    }

    /// @notice Take `amount`, which has already arrived, and use it for `payee`.
    /// @dev Measured: the service's balance of the currency rose by exactly `amount`; a currency that keeps a fee, or moves
    /// more, reverts the payment with `GiftCertificates_ArrivedDiffers`. So a service needs no measurement of its own.
    /// Warning: accept no other caller than the one GiftCertificates that the service was deployed for, or anybody
    /// can report payments that never happened. Warning: `payee` is what the series' issuer admitted and the payee or the
    /// holders signed; use it, not an address out of `data`. GiftCertificates is locked while this runs: the service cannot
    /// redeem, restore or issue from within it. What comes from a named series (`named`) may leave the service only to
    /// `payee`, or back through `IGiftCertificates.restoreFromService`, or, after the series' limitation, to its beneficiary.
    /// Until the service says `IGiftCertificates.countUsed`, it counts as used for none of the holder's refund rights.
    /// @param payee for whom the payment is
    /// @param amount sum of the portions, in base units of the currency
    /// @param order the payee's order number, 0 for none; GiftCertificates lets each be used once
    /// @param portions where the amount came from, in the order the cards were given
    /// @param data what the holders signed beside the amount: the service's own parameters
    /// @return `IRedemptionReceiver.onRedemption.selector`; anything else reverts the payment
    function onRedemption(
        address payee,
        uint256 amount,
        uint64 order,
        Portion[] calldata portions,
        bytes calldata data
    ) external returns (bytes4);
}
