// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MintableToken} from "./MintableToken.sol";

/// @title BlacklistToken
/// @notice Odd: a blacklisted account can neither send, receive, approve nor spend for others (the names are USDC's).
contract BlacklistToken is MintableToken {
    error BlacklistToken_Blacklisted(address account);

    mapping(address account => bool) public isBlacklisted;

    constructor(string memory name_, string memory symbol_, uint8 decimals_)
        MintableToken(name_, symbol_, decimals_)
    {}

    /// @notice Shuts an account out.
    function blacklist(address account) external {
        isBlacklisted[account] = true;
    }

    /// @notice Lets an account in again.
    function unBlacklist(address account) external {
        isBlacklisted[account] = false;
    }

    function _update(address from, address to, uint256 value) internal override {
        _requireWelcome(msg.sender);
        _requireWelcome(from);
        _requireWelcome(to);
        super._update(from, to, value);
    }

    function _approve(address owner, address spender, uint256 value, bool emitEvent) internal override {
        _requireWelcome(owner);
        _requireWelcome(spender);
        super._approve(owner, spender, value, emitEvent);
    }

    function _requireWelcome(address account) private view {
        require(!isBlacklisted[account], BlacklistToken_Blacklisted(account));
    }
}
