// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title RebasingToken
/// @notice Odd: a rebase changes every balance without a transfer, and a transfer may move less than it says, by up
/// to what a share is worth, because it moves whole shares.
contract RebasingToken {
    error RebasingToken_SharesTooLow(address account, uint256 shares, uint256 needed);
    error RebasingToken_AllowanceTooLow(address spender, uint256 allowance, uint256 needed);

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    uint256 private constant ONE = 1e18;

    string public name;
    string public symbol;
    uint8 public immutable decimals;
    /// @notice Base units a share is worth, scaled by 1e18.
    uint256 public unitsPerShareScaled = ONE;
    uint256 public totalShares;
    mapping(address account => uint256) public sharesOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) {
        name = name_;
        symbol = symbol_;
        decimals = decimals_;
    }

    /// @notice Multiplies every balance by `numerator / denominator`.
    function rebase(uint256 numerator, uint256 denominator) external {
        unitsPerShareScaled = unitsPerShareScaled * numerator / denominator;
    }

    /// @notice Creates money from nothing, rounded down to whole shares.
    function mint(address to, uint256 amount) external {
        uint256 shares = _sharesDown(amount);
        totalShares += shares;
        sharesOf[to] += shares;
        emit Transfer(address(0), to, amount);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 current = allowance[from][msg.sender];
        require(current >= amount, RebasingToken_AllowanceTooLow(msg.sender, current, amount));
        if (current != type(uint256).max) allowance[from][msg.sender] = current - amount;
        _move(from, to, amount);
        return true;
    }

    /// @notice The balance in base units, rounded down.
    function balanceOf(address account) external view returns (uint256) {
        return _unitsDown(sharesOf[account]);
    }

    /// @notice The supply in base units, rounded down.
    function totalSupply() external view returns (uint256) {
        return _unitsDown(totalShares);
    }

    function _move(address from, address to, uint256 amount) private {
        uint256 shares = _sharesDown(amount);
        uint256 held = sharesOf[from];
        require(held >= shares, RebasingToken_SharesTooLow(from, held, shares));
        sharesOf[from] = held - shares;
        sharesOf[to] += shares;
        emit Transfer(from, to, amount);
    }

    function _sharesDown(uint256 units) private view returns (uint256) {
        return units * ONE / unitsPerShareScaled;
    }

    function _unitsDown(uint256 shares) private view returns (uint256) {
        return shares * unitsPerShareScaled / ONE;
    }
}
