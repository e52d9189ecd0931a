// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {MintableToken} from "./MintableToken.sol";

/// @title FalseReturnToken
/// @notice Odd: where others revert it returns false. Switched over, it refuses every transfer that way, or says true
/// to every transfer and moves nothing.
contract FalseReturnToken is MintableToken {
    /// @dev Honest: false only where the money is missing. Refusing: always false. Lying: always true, nothing moves.
    enum Mode {
        Honest,
        Refusing,
        Lying
    }

    Mode public mode;

    constructor(string memory name_, string memory symbol_, uint8 decimals_)
        MintableToken(name_, symbol_, decimals_)
    {}

    /// @notice Chooses the behaviour from here on.
    function setMode(Mode mode_) external {
        mode = mode_;
    }

    /// @inheritdoc ERC20
    function transfer(address to, uint256 amount) public override returns (bool) {
        if (mode != Mode.Honest) return mode == Mode.Lying;
        if (balanceOf(msg.sender) < amount || to == address(0)) return false;
        return super.transfer(to, amount);
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (mode != Mode.Honest) return mode == Mode.Lying;
        if (balanceOf(from) < amount || allowance(from, msg.sender) < amount || to == address(0)) {
            return false;
        }
        return super.transferFrom(from, to, amount);
    }
}
