// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Receipts} from "./sales/Receipts.sol";
import {Rewards} from "./sales/Rewards.sol";
import {SalesReserve} from "./sales/SalesReserve.sol";

/// @title Largesse: the shop window of one GiftCertificates
/// @notice The parts, joined; `ICertificateSales` says what each does and what is conserved. Nobody owns, pauses or upgrades
/// it. Read `Purchases` and `Withdrawals` first.
contract CertificateSales is Rewards, Receipts, Multicall {
    constructor(address giftCertificates) SalesReserve(giftCertificates) {}
}
