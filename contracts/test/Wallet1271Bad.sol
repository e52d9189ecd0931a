// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {CallProgram} from "./CallProgram.sol";
import {TestAccount} from "./TestAccount.sol";

/// @title Wallet1271Bad
/// @notice A contract wallet that answers `isValidSignature` in every wrong way, one at a time.
contract Wallet1271Bad is TestAccount, CallProgram, ERC1155Holder {
    error Wallet1271Bad_Reverted(bytes32 hash);

    /// @dev What `isValidSignature` does.
    /// Reverts: with an error of its own. WrongMagic: 0xffffffff. DirtyMagic: the magic value followed by a byte that
    /// isn't zero. ShortMagic: the magic value's 4 bytes, not padded to a word. Empty: no data. Huge: `answerBytes`
    /// bytes of zeros. HugeMagic: the magic value, then zeros to `answerBytes`. RevertsHuge: reverts with as much.
    /// BurnsGas: all that it was given. ReEnters: makes the programmed call and gives the magic value only if that
    /// succeeded, so the outcome is seen even where a static call forbids recording it. AcceptsAll: the magic value,
    /// whatever the signature.
    enum Mode {
        Reverts,
        WrongMagic,
        DirtyMagic,
        ShortMagic,
        Empty,
        Huge,
        HugeMagic,
        RevertsHuge,
        BurnsGas,
        ReEnters,
        AcceptsAll
    }

    Mode public mode;
    uint256 public answerBytes = 1 << 20;

    constructor(address owner_) TestAccount(owner_) {}

    /// @notice Chooses the behaviour from here on.
    function setMode(Mode mode_) external {
        mode = mode_;
    }

    /// @notice Sets the length of huge answers; one mebibyte needs 2.2 million gas, 128 KiB need 45,000.
    function setAnswerBytes(uint256 answerBytes_) external {
        answerBytes = answerBytes_;
    }

    /// @notice Answers as the mode says; not `view`, so that a caller that forgets the static call is caught too.
    function isValidSignature(bytes32 hash, bytes calldata) external returns (bytes4) {
        Mode mode_ = mode;
        bytes32 magic = IERC1271.isValidSignature.selector;
        if (mode_ == Mode.Reverts) revert Wallet1271Bad_Reverted(hash);
        if (mode_ == Mode.WrongMagic) return 0xffffffff;
        if (mode_ == Mode.DirtyMagic) _answer(magic | bytes32(uint256(1)), 32, false);
        if (mode_ == Mode.ShortMagic) _answer(magic, 4, false);
        if (mode_ == Mode.Empty) _answer(0, 0, false);
        if (mode_ == Mode.Huge) _answer(0, answerBytes, false);
        if (mode_ == Mode.HugeMagic) _answer(magic, answerBytes, false);
        if (mode_ == Mode.RevertsHuge) _answer(magic, answerBytes, true);
        if (mode_ == Mode.BurnsGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (mode_ == Mode.ReEnters) {
            // Half of the gas is kept: a call that breaks a static context burns all that it gets.
            (bool success,) = target.call{gas: gasleft() / 2}(data);
            if (!success) return 0xffffffff;
        }
        return IERC1271.isValidSignature.selector;
    }

    /// @dev Ends the call with `length` bytes: `first`, then whatever memory holds, mostly zeros.
    function _answer(bytes32 first, uint256 length, bool reverts) private pure {
        assembly {
            mstore(0, first)
            if reverts { revert(0, length) }
            return(0, length)
        }
    }
}
