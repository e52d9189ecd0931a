// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IGiftCertificates} from "../../interfaces/IGiftCertificates.sol";
import {IRedemptionReceiver} from "../../interfaces/IRedemptionReceiver.sol";

/// @title FakeService
/// @notice A thief's service: it says yes to every payment, from whoever reports one, and hands the money to the thief.
contract FakeService is IRedemptionReceiver {
    error FakeService_NothingToSteal(uint256 amount);

    IGiftCertificates public immutable certificates;
    IERC20 public immutable currency;
    address public immutable thief;
    uint256 public payments;

    constructor(IGiftCertificates certificates_, address thief_) {
        certificates = certificates_;
        currency = IERC20(certificates_.currency());
        thief = thief_;
    }

    /// @inheritdoc IRedemptionReceiver
    function onRedemption(address, uint256 amount, uint64, Portion[] calldata, bytes calldata)
        external
        returns (bytes4)
    {
        ++payments;
        require(currency.transfer(thief, amount), FakeService_NothingToSteal(amount));
        return IRedemptionReceiver.onRedemption.selector;
    }

    /// @notice Pays as this contract: the thief's own card, brought in by somebody else's account.
    function pay(IGiftCertificates.Payment calldata payment, IGiftCertificates.Redemption[] calldata cards)
        external
    {
        certificates.pay(payment, cards);
    }

    /// @notice Hands money "back" to a holder of its choice.
    function giveBack(address holder, uint256 seriesId, uint96 amount) external {
        currency.approve(address(certificates), amount);
        certificates.restoreFromService(holder, seriesId, amount);
    }
}
