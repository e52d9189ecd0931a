// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CertificateBackOffice} from "./CertificateBackOffice.sol";
import {GiftLinks} from "./certificates/GiftLinks.sol";
import {Reserve} from "./certificates/Reserve.sol";

/// @title Largesse: gift certificates of one currency
/// @notice The parts, joined; `IGiftCertificates` is what this address answers. Read `Ledger` and `Redemptions` first.
/// @dev Conservation, to the unit, at the end of every transaction, with B the currency held:
///   B ≥ Σ outstanding + Σ feesAccrued + totalOwed   and   outstanding = Σ balances + Σ unclaimed gifts, for each series.
/// Face rises only in `Ledger._addFace`, called by `issue`, `issueBatch` and `restore` after the same amount arrived and by
/// `convertExpired` after the same face was burnt; it falls only with a payout, an owed payout, a conversion or a
/// forfeiture of the same amount. Money sent here by mistake belongs to nobody and stays.
///
/// One contract may have 24,576 bytes of code, so what happens seldom stands in `CertificateBackOffice`, deployed by this
/// constructor and named once and for all: the fallback is no upgradeable proxy, nothing can change where it leads.
contract GiftCertificates is GiftLinks {
    /// @notice The second piece of this contract's code.
    address public immutable backOffice;

    constructor(address currency_, address cardArt) Reserve(currency_) {
        backOffice = address(new CertificateBackOffice(currency_, cardArt));
    }

    fallback() external {
        address target = backOffice;
        assembly {
            calldatacopy(0, 0, calldatasize())
            let ok := delegatecall(gas(), target, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(ok) { revert(0, returndatasize()) }
            return(0, returndatasize())
        }
    }
}
