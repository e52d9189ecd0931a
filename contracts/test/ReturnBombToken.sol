// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {MintableToken} from "./MintableToken.sol";

/// @title ReturnBombToken
/// @notice Odd: switched on, a transfer answers with megabytes, so whoever copies the whole answer pays for the memory.
/// @dev The first word of the answer is 1, i.e. `true`. One mebibyte costs about 2.2 million gas on either side.
contract ReturnBombToken is MintableToken {
    /// @dev Success: the money moves and the answer is huge. Failure: nothing moves and the revert data are huge.
    enum Mode {
        Off,
        Success,
        Failure
    }

    Mode public mode;
    uint256 public answerBytes;

    constructor(string memory name_, string memory symbol_, uint8 decimals_)
        MintableToken(name_, symbol_, decimals_)
    {}

    /// @notice Chooses the behaviour from here on.
    /// @param answerBytes_ Length of the answer, at least 32 where the mode is Success for it still to read as `true`.
    function setMode(Mode mode_, uint256 answerBytes_) external {
        mode = mode_;
        answerBytes = answerBytes_;
    }

    /// @inheritdoc ERC20
    function transfer(address to, uint256 amount) public override returns (bool) {
        super.transfer(to, amount);
        return _answer();
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        return _answer();
    }

    function _answer() private view returns (bool) {
        Mode mode_ = mode;
        if (mode_ == Mode.Off) return true;
        uint256 length = answerBytes;
        assembly {
            mstore(0, 1)
            if eq(mode_, 2) { revert(0, length) }
            return(0, length)
        }
    }
}
