// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IGiftCertificates} from "../../interfaces/IGiftCertificates.sol";
import {IRedemptionReceiver} from "../../interfaces/IRedemptionReceiver.sol";
import {CallProgram} from "./CallProgram.sol";

/// @title MockService
/// @notice An honest service that does as it is told: it takes payments from its one GiftCertificates only, keeps each
/// payee's money apart, notes what the ledger said while it was called, and hands back what it should.
contract MockService is IRedemptionReceiver, CallProgram {
    using SafeERC20 for IERC20;

    error MockService_NotCertificates(address caller);
    error MockService_Refused(address payee, uint256 amount, uint64 order);
    error MockService_NotCredited(address payee, uint256 credit, uint256 amount);

    /// @dev What `onRedemption` does. Accepts: notes everything, runs its program, gives the magic value. WrongMagic: the
    /// same with 0xffffffff. Reverts: with an error of its own. RevertsEmpty: without data. BurnsGas: all it was given.
    enum Mode {
        Accepts,
        WrongMagic,
        Reverts,
        RevertsEmpty,
        BurnsGas
    }

    /// @notice What the views of the ledger answered from within `onRedemption`.
    struct Sight {
        uint256 reserve;
        uint256 outstanding;
        uint256 balance;
        uint256 spent;
        uint256 placed;
        bool isOrderUsed;
    }

    IGiftCertificates public immutable certificates;
    IERC20 public immutable currency;

    Mode public mode;
    uint256 public payments;
    address public payee;
    uint256 public amount;
    uint64 public order;
    bytes public parameters;
    Portion[] public portions;
    /// @notice Of the last payment's first portion.
    Sight public sight;
    mapping(address payee => uint256) public creditOf;

    constructor(IGiftCertificates certificates_) {
        certificates = certificates_;
        currency = IERC20(certificates_.currency());
    }

    /// @notice Chooses the behaviour from here on.
    function setMode(Mode mode_) external {
        mode = mode_;
    }

    /// @inheritdoc IRedemptionReceiver
    function onRedemption(
        address payee_,
        uint256 amount_,
        uint64 order_,
        Portion[] calldata portions_,
        bytes calldata parameters_
    ) external returns (bytes4) {
        require(msg.sender == address(certificates), MockService_NotCertificates(msg.sender));
        if (mode == Mode.Reverts) revert MockService_Refused(payee_, amount_, order_);
        if (mode == Mode.RevertsEmpty) revert();
        if (mode == Mode.BurnsGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        ++payments;
        (payee, amount, order, parameters) = (payee_, amount_, order_, parameters_);
        creditOf[payee_] += amount_;
        delete portions;
        for (uint256 i = 0; i < portions_.length; ++i) {
            portions.push(portions_[i]);
        }
        _look(payee_, order_, portions_[0]);
        _runProgram();
        return mode == Mode.WrongMagic ? bytes4(0xffffffff) : IRedemptionReceiver.onRedemption.selector;
    }

    /// @notice Pays a payee what was received for it.
    function release(address payee_, uint256 amount_) external {
        _debit(payee_, amount_);
        currency.safeTransfer(payee_, amount_);
    }

    /// @notice Hands a payee's money back to the card that it came from.
    function giveBack(address payee_, address holder, uint256 seriesId, uint96 amount_) external {
        _debit(payee_, amount_);
        currency.forceApprove(address(certificates), amount_);
        certificates.restoreFromService(holder, seriesId, amount_);
    }

    /// @notice Says that what a holder placed here was used.
    function countUsed(address holder, uint256 seriesId, uint96 amount_) external {
        certificates.countUsed(holder, seriesId, amount_);
    }

    function portionCount() external view returns (uint256) {
        return portions.length;
    }

    function _debit(address payee_, uint256 amount_) private {
        uint256 credit = creditOf[payee_];
        require(amount_ <= credit, MockService_NotCredited(payee_, credit, amount_));
        creditOf[payee_] = credit - amount_;
    }

    function _look(address payee_, uint64 order_, Portion calldata first) private {
        (uint256 balance, uint256 spent,) = certificates.account(first.seriesId, first.holder);
        sight = Sight({
            reserve: currency.balanceOf(address(certificates)),
            outstanding: certificates.state(first.seriesId).outstanding,
            balance: balance,
            spent: spent,
            placed: certificates.placed(first.seriesId, address(this), first.holder),
            isOrderUsed: order_ != 0 && certificates.isOrderUsed(payee_, order_)
        });
    }
}
