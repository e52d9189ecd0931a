// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ICustody} from "../../interfaces/ICustody.sol";
import {Custody} from "./Custody.sol";

/// @notice What anybody can ask of a contract that holds a currency; once where such a contract has several pieces of code.
abstract contract CustodyDesk is ICustody, Custody {
    bytes32 private constant OWED_WITHDRAWAL_TYPEHASH =
        keccak256("OwedWithdrawal(address payee,address to,uint64 nonce,uint40 deadline)");

    // --------------------------------------------------------------------------------------------------- external

    /// @inheritdoc ICustody
    function permit(address owner, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        try IERC20Permit(address(_currency)).permit(owner, address(this), amount, deadline, v, r, s) {}
            catch {}
    }

    /// @inheritdoc ICustody
    function cancelConsents(uint64 nonce) external {
        _useNonce(msg.sender, nonce);
    }

    /// @inheritdoc ICustody
    function withdrawOwed(address payee, address to, Consent calldata consent)
        external
        nonReentrant
        returns (uint256 amount)
    {
        require(to != address(0) && to != address(this), Custody_ZeroAddress());
        if (!_isOwnCall(payee, consent)) {
            bytes32 structHash =
                keccak256(abi.encode(OWED_WITHDRAWAL_TYPEHASH, payee, to, consent.nonce, consent.deadline));
            _checkConsent(payee, structHash, consent);
        }
        amount = _owed[payee];
        require(amount != 0, Custody_NothingOwed(payee));
        _owed[payee] = 0;
        _totalOwed -= amount;
        emit OwedPaid(payee, to, amount);
        require(_tryPay(to, amount), Custody_LeftDiffers(amount, 0));
    }

    // ------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc ICustody
    function owed(address payee) external view returns (uint256) {
        return _owed[payee];
    }

    /// @inheritdoc ICustody
    function totalOwed() external view returns (uint256) {
        return _totalOwed;
    }

    /// @inheritdoc ICustody
    function watermark(address signer) external view returns (uint256) {
        return _watermark[signer];
    }

    /// @inheritdoc ICustody
    function currency() external view returns (address) {
        return address(_currency);
    }

    /// @inheritdoc ICustody
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparator();
    }
}
