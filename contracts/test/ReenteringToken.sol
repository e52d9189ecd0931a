// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {CallProgram} from "./CallProgram.sol";
import {MintableToken} from "./MintableToken.sol";

/// @title ReenteringToken
/// @notice Odd: in the middle of a transfer it calls whatever it was programmed to call, before the money moves or after.
/// @dev It takes ERC-1155, so the token itself can be the holder or merchant that re-enters.
contract ReenteringToken is MintableToken, CallProgram, ERC1155Holder {
    /// @notice Whether the programmed call comes before the balances change; after them otherwise.
    bool public callsFirst;

    constructor(string memory name_, string memory symbol_, uint8 decimals_)
        MintableToken(name_, symbol_, decimals_)
    {}

    /// @notice Chooses the moment of the programmed call.
    function setCallsFirst(bool callsFirst_) external {
        callsFirst = callsFirst_;
    }

    function _update(address from, address to, uint256 value) internal override {
        bool isTransfer = from != address(0) && to != address(0);
        if (isTransfer && callsFirst) _runProgram();
        super._update(from, to, value);
        if (isTransfer && !callsFirst) _runProgram();
    }
}
