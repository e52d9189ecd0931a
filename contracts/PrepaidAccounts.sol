// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {AccountLedger} from "./accounts/AccountLedger.sol";
import {Deposits} from "./accounts/Deposits.sol";
import {Owners} from "./accounts/Owners.sol";
import {RedeemedIntoAccounts} from "./accounts/RedeemedIntoAccounts.sol";
import {Settlements} from "./accounts/Settlements.sol";

/// @title Largesse: micropayments in one currency
/// @notice The parts, joined; `IPrepaidAccounts` says what each does and what is conserved. Nobody owns, pauses or upgrades it.
/// Read `Settlements` first.
contract PrepaidAccounts is Deposits, Owners, Settlements, RedeemedIntoAccounts, Multicall {
    constructor(address giftCertificates) AccountLedger(giftCertificates) {}
}
