// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Issuance} from "./certificates/Issuance.sol";
import {Recalls} from "./certificates/Recalls.sol";
import {Refunds} from "./certificates/Refunds.sol";
import {Reserve} from "./certificates/Reserve.sol";
import {Restorations} from "./certificates/Restorations.sol";

/// @title The second piece of GiftCertificates' code: what happens seldom
/// @notice Runs only in GiftCertificates' name and storage (`delegatecall`); called by itself it holds nothing.
contract CertificateBackOffice is Issuance, Refunds, Restorations, Recalls {
    constructor(address currency_, address cardArt) Reserve(currency_) Issuance(cardArt) {}
}
