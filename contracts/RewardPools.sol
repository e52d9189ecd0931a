// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {PoolLedger} from "./rewards/PoolLedger.sol";
import {Reads} from "./rewards/Reads.sol";
import {Sponsors} from "./rewards/Sponsors.sol";

/// @title Largesse: rewards for reading, in one currency
/// @notice The parts, joined; `IRewardPools` says what each does and what is conserved. Nobody owns, pauses or upgrades it.
/// Read `Reads` first.
contract RewardPools is Sponsors, Reads, Multicall {
    constructor(address giftCertificates) PoolLedger(giftCertificates) {}
}
