// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CardArt} from "../../contracts/CardArt.sol";
import {GiftCertificates} from "../../contracts/GiftCertificates.sol";
import {TestToken} from "../../contracts/test/TestToken.sol";
import {ICustodyTypes} from "../../interfaces/ICustodyTypes.sol";
import {IGiftCertificates} from "../../interfaces/IGiftCertificates.sol";

/// @notice What the prover offers beside the EVM.
interface Prover {
    function assume(bool condition) external pure;
    function prank(address sender) external;
    function warp(uint256 time) external;
}

/// @notice A currency, its certificates, and people who own what they are given.
abstract contract World is ICustodyTypes {
    Prover internal constant PROVER = Prover(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 internal constant NOW = 1_700_000_000;
    address internal constant HOLDER = address(0x1001);
    address internal constant OTHER = address(0x1002);
    address internal constant MERCHANT = address(0x1003);

    TestToken internal money;
    IGiftCertificates internal certificates;

    function _found(uint8 decimals) internal {
        PROVER.warp(NOW);
        money = new TestToken("Dollar", "USD", decimals);
        certificates =
            IGiftCertificates(address(new GiftCertificates(address(money), address(new CardArt()))));
    }

    /// @dev Money for `who`, all of which `spender` may take.
    function _fund(address who, uint256 amount, address spender) internal {
        money.mint(who, amount);
        PROVER.prank(who);
        money.approve(spender, amount);
    }

    /// @dev The caller's own call needs no signature.
    function _own() internal pure returns (Consent memory consent) {}
}
