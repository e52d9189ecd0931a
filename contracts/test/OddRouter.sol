// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {CallProgram} from "./CallProgram.sol";

/// @title OddRouter
/// @notice A router that has no pool: it takes as much as it likes, hands some of it back, pays out of its own pocket, and calls
/// whatever it was programmed to call.
contract OddRouter is CallProgram, ERC1155Holder {
    uint256 public taken;
    uint256 public handedBack;
    uint256 public paid;

    /// @notice What the next swaps do, in base units.
    function set(uint256 taken_, uint256 handedBack_, uint256 paid_) external {
        (taken, handedBack, paid) = (taken_, handedBack_, paid_);
    }

    /// @notice Uniswap V2's function of this name.
    function swapExactTokensForTokens(uint256, uint256, address[] calldata path, address to, uint256)
        external
        returns (uint256[] memory amounts)
    {
        IERC20 currency = IERC20(path[0]);
        if (taken != 0) currency.transferFrom(msg.sender, address(this), taken);
        if (handedBack != 0) currency.transfer(msg.sender, handedBack);
        if (paid != 0) IERC20(path[path.length - 1]).transfer(to, paid);
        _runProgram();
        amounts = new uint256[](path.length);
    }

    /// @notice Anything else, now.
    function take(address token, address from, uint256 amount) external {
        IERC20(token).transferFrom(from, address(this), amount);
    }
}
