// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPrepaidAccounts} from "../../interfaces/IPrepaidAccounts.sol";
import {IRedemptionReceiver} from "../../interfaces/IRedemptionReceiver.sol";
import {AccountLedger} from "./AccountLedger.sol";

/// @notice Certificates that are redeemed into an account: ten of them to a balance in one transaction.
abstract contract RedeemedIntoAccounts is AccountLedger {
    /// @inheritdoc IRedemptionReceiver
    function onRedemption(
        address payee,
        uint256 amount,
        uint64,
        Portion[] calldata portions,
        bytes calldata data
    ) external nonReentrant returns (bytes4) {
        require(msg.sender == address(_certificates), Accounts_NotCertificates(msg.sender));
        (address holder, uint256 seriesId) = _oneHolder(portions);
        if (abi.decode(data, (Use)) == Use.Open) {
            _open(holder, payee, _opening(data), amount, seriesId);
        } else {
            (, uint64 index) = abi.decode(data, (Use, uint64));
            _add(payee, index, amount, seriesId);
            // What is left of a named series is restored to the owner: it must be the owner's card.
            address owner = _accounts[payee][index].owner;
            require(seriesId == 0 || owner == holder, Accounts_NotOwnersCard(owner, holder));
        }
        return IRedemptionReceiver.onRedemption.selector;
    }

    /// @inheritdoc IPrepaidAccounts
    function countUsed(AccountKey[] calldata keys) external nonReentrant {
        for (uint256 i = 0; i < keys.length; ++i) {
            Account storage found = _accounts[keys[i].counterparty][keys[i].index];
            uint256 seriesId = found.seriesId;
            uint256 paid = found.prepaid.paid();
            uint256 used = (paid - found.counted) * _unit;
            if (seriesId == 0 || used == 0) continue;
            // casting to 'uint48' is safe because `paid` has 48 bits, to 'uint96' because a deposit is bounded by it
            // forge-lint: disable-next-line(unsafe-typecast)
            found.counted = uint48(paid);
            // forge-lint: disable-next-line(unsafe-typecast)
            _certificates.countUsed(found.owner, seriesId, uint96(used));
        }
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @dev Check: the data are an `Opening`, but that the use stands where its counterparty would.
    function _opening(bytes calldata data) private pure returns (Opening calldata opening) {
        abi.decode(data, (Use, uint96, address, uint24, uint40));
        assembly ("memory-safe") {
            opening := data.offset
        }
    }
}
