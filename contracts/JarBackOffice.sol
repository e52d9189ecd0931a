// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GiftSubscriptionBook} from "./jars/GiftSubscriptionBook.sol";
import {HandleTips} from "./jars/HandleTips.sol";
import {JarLedger} from "./jars/JarLedger.sol";
import {MonthlyCaps} from "./jars/MonthlyCaps.sol";
import {RedeemedIntoJars} from "./jars/RedeemedIntoJars.sol";

/// @title The second piece of StreamingTipEscrow's code: memberships, gifts, handles and redemptions
/// @notice Runs only in StreamingTipEscrow's name and storage (`delegatecall`); by itself it takes no money.
contract JarBackOffice is GiftSubscriptionBook, HandleTips, RedeemedIntoJars {
    address private immutable _itself = address(this);

    constructor(address giftCertificates) JarLedger(giftCertificates) {}

    function _countPaid(address payer, uint256 amount) internal override {
        require(address(this) != _itself, Jar_BackOfficeByItself());
        MonthlyCaps._countPaid(payer, amount);
    }
}
