// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IGiftCertificates} from "../interfaces/IGiftCertificates.sol";
import {IRedemptionReceiver} from "../interfaces/IRedemptionReceiver.sol";
import {IUniswapV2Payout} from "../interfaces/IUniswapV2Payout.sol";

/// @notice The one function of Uniswap V2's router that is used.
interface IUniswapV2Router {
    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts);
}

/// @title Largesse: redemptions paid out in another token
/// @notice See `IUniswapV2Payout`. Called by GiftCertificates, which is locked meanwhile: nothing here can be entered twice.
contract UniswapV2Payout is IUniswapV2Payout {
    using SafeERC20 for IERC20;

    IGiftCertificates private immutable _certificates;
    IERC20 private immutable _currency;

    constructor(address giftCertificates) {
        require(giftCertificates.code.length != 0, Payout_ZeroAddress());
        _certificates = IGiftCertificates(giftCertificates);
        _currency = IERC20(IGiftCertificates(giftCertificates).currency());
    }

    /// @inheritdoc IRedemptionReceiver
    function onRedemption(
        address payee,
        uint256 amount,
        uint64 order,
        Portion[] calldata portions,
        bytes calldata data
    ) external returns (bytes4) {
        require(msg.sender == address(_certificates), Payout_NotCertificates(msg.sender));
        Conversion memory conversion = abi.decode(data, (Conversion));
        require(
            block.timestamp < conversion.deadline, Payout_DeadlinePassed(conversion.deadline, block.timestamp)
        );
        for (uint256 i = 0; i < portions.length; ++i) {
            Portion calldata portion = portions[i];
            if (order == 0) {
                // Nobody asked the payee: the cards must be its own, and be money in any case.
                require(portion.holder == payee && !_isNamed(portion.seriesId), Payout_NoConsent(payee));
            } else {
                // casting to 'uint96' is safe because it is a part of a balance
                // forge-lint: disable-next-line(unsafe-typecast)
                _certificates.countUsed(portion.holder, portion.seriesId, uint96(portion.amount));
            }
        }
        _convert(payee, amount, conversion);
        return IRedemptionReceiver.onRedemption.selector;
    }

    /// @inheritdoc IUniswapV2Payout
    function certificates() external view returns (address) {
        return address(_certificates);
    }

    /// @inheritdoc IUniswapV2Payout
    function currency() external view returns (address) {
        return address(_currency);
    }

    /// @dev Interaction: a router takes the currency, all of it and no more, and the payee's token arrives.
    function _convert(address payee, uint256 amount, Conversion memory conversion) private {
        address[] memory path = conversion.path;
        address first = path.length < 2 ? address(0) : path[0];
        require(first == address(_currency), Payout_Path(first, address(_currency)));
        IERC20 token = IERC20(path[path.length - 1]);
        uint256 before = token.balanceOf(payee);
        uint256 held = _currency.balanceOf(address(this));

        _currency.forceApprove(conversion.router, amount);
        IUniswapV2Router(conversion.router)
            .swapExactTokensForTokens(amount, conversion.minimum, path, payee, conversion.deadline);
        _currency.forceApprove(conversion.router, 0);

        uint256 left = _surplus(held, _currency.balanceOf(address(this)));
        require(left == amount, Payout_LeftDiffers(amount, left));
        uint256 received = _surplus(token.balanceOf(payee), before);
        require(
            received >= conversion.minimum && received != 0, Payout_TooLittle(received, conversion.minimum)
        );
        emit PaidOut(payee, address(token), amount, received);
    }

    /// @return `more - less`, or 0 where it is less
    function _surplus(uint256 more, uint256 less) private pure returns (uint256) {
        return more > less ? more - less : 0;
    }

    function _isNamed(uint256 seriesId) private view returns (bool named) {
        (,, named) = _certificates.validity(seriesId);
    }
}
