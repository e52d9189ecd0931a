// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {JarBackOffice} from "./JarBackOffice.sol";
import {CustodyDesk} from "./common/CustodyDesk.sol";
import {JarLedger} from "./jars/JarLedger.sol";
import {JarViews} from "./jars/JarViews.sol";
import {SharedJars} from "./jars/SharedJars.sol";
import {Streams} from "./jars/Streams.sol";

/// @title Largesse: tips by the second in one currency
/// @notice The parts, joined; `IStreamingTipEscrow` is what this address answers. Read `Flows` first. Nobody owns, pauses or
/// upgrades it.
/// @dev Conservation, to the unit, at the end of every transaction, in scaled units, with B the currency held:
///   B × scale ≥ Σ over jars (due, and what its streams have not earned) + Σ paused streams
///             + scale × (unclaimed gift subscriptions + unclaimed tips to handles + totalOwed
///                        + what of shared jars' collections does not divide, fewer units than payees)
/// with equality but for money sent here by mistake, which belongs to nobody and stays.
///
/// One contract may have 24,576 bytes of code, so memberships, gifts and what is redeemed stand in `JarBackOffice`, deployed by this
/// constructor and named once and for all: the fallback is no upgradeable proxy, nothing can change where it leads.
contract StreamingTipEscrow is Streams, SharedJars, JarViews, CustodyDesk, Multicall {
    using SafeERC20 for IERC20;

    /// @notice The second piece of this contract's code.
    address public immutable backOffice;

    constructor(address giftCertificates) JarLedger(giftCertificates) {
        backOffice = address(new JarBackOffice(giftCertificates));
        // GiftCertificates takes money from nobody but its caller: only what this contract itself restores.
        _currency.forceApprove(giftCertificates, type(uint256).max);
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
