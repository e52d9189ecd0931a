// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title CallProgram
/// @notice Calls a programmed target with programmed data whenever its heir is given control, and records the outcome.
/// @dev A failing call is recorded, never passed on: what surrounds it decides by itself whether it goes on.
abstract contract CallProgram {
    address public target;
    bytes public data;
    uint256 public callsLeft;
    uint256 public callsMade;
    /// @notice Whether the last call came back without reverting.
    bool public succeeded;
    /// @notice What the last call returned, or the error it reverted with.
    bytes public returned;

    /// @notice Loads a call and forgets what earlier ones did.
    /// @param times How often it may run, nested runs included; 0 disarms it.
    function program(address target_, bytes calldata data_, uint256 times) external {
        target = target_;
        data = data_;
        callsLeft = times;
        callsMade = 0;
        succeeded = false;
        returned = "";
    }

    function _runProgram() internal {
        if (callsLeft == 0) return;
        --callsLeft; // before the call, so that a call that leads back here ends
        (bool success, bytes memory output) = target.call(data);
        ++callsMade;
        succeeded = success;
        returned = output;
    }
}
