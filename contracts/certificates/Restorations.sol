// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {ICertificateBackOffice} from "../../interfaces/ICertificateBackOffice.sol";
import {Use} from "../types/Account.sol";
import {Series, NAMED} from "../types/Series.sol";
import {Authorizations} from "./Authorizations.sol";

/// @notice The way back from a payment: the money returns and the card has its face again.
abstract contract Restorations is ICertificateBackOffice, Authorizations {
    bytes32 private constant RESTORATION_TYPEHASH = keccak256(
        "Restoration(address holder,uint256 seriesId,uint96 amount,address merchant,uint64 nonce,uint40 deadline)"
    );

    /// @inheritdoc ICertificateBackOffice
    function restore(address holder, uint256 seriesId, uint96 amount, Authorization calldata authorization)
        external
        nonReentrant
    {
        Series series = _known(seriesId);
        // A merchant that was removed may still take goods back.
        require(
            !series.has(NAMED) || _merchantUntil[seriesId][msg.sender] != 0,
            GiftCertificates_NotMerchant(seriesId, msg.sender)
        );
        _authorize(
            holder,
            seriesId,
            keccak256(
                abi.encode(
                    RESTORATION_TYPEHASH,
                    holder,
                    seriesId,
                    amount,
                    msg.sender,
                    authorization.nonce,
                    authorization.deadline
                )
            ),
            authorization
        );
        // What lies with services is theirs to hand back, not a merchant's. What a paid-out rest was the rest of stays used.
        Use use = _uses[seriesId][holder].use;
        uint256 kept = use.returnable() + use.closed();
        uint256 spent = _accounts[seriesId][holder].account.spent();
        spent = spent > kept ? spent - kept : 0;
        require(amount <= spent, GiftCertificates_OverSpent(amount, spent));
        _restore(holder, seriesId, series, amount);
    }

    /// @inheritdoc ICertificateBackOffice
    function restoreFromService(address holder, uint256 seriesId, uint96 amount) external nonReentrant {
        Series series = _known(seriesId);
        if (series.has(NAMED)) _takePlaced(holder, seriesId, amount);
        _restore(holder, seriesId, series, amount);
    }

    /// @inheritdoc ICertificateBackOffice
    /// @dev Not locked: a service says it from within `onRedemption` too, and nothing is called.
    function countUsed(address holder, uint256 seriesId, uint96 amount) external {
        if (amount == 0 || !_known(seriesId).has(NAMED)) return;
        _takePlaced(holder, seriesId, amount);
        emit CountedUsed(seriesId, holder, msg.sender, amount);
    }

    /// @inheritdoc ICertificateBackOffice
    function placed(uint256 seriesId, address service, address holder) external view returns (uint256) {
        return _placed[seriesId][service][holder];
    }

    /// @inheritdoc ICertificateBackOffice
    function returnable(uint256 seriesId, address holder) external view returns (uint256) {
        return _uses[seriesId][holder].use.returnable();
    }

    /// @dev Check and effect: the caller gives up its right to hand this back later.
    function _takePlaced(address holder, uint256 seriesId, uint256 amount) private {
        uint256 left = _placed[seriesId][msg.sender][holder];
        require(amount <= left, GiftCertificates_OverPlaced(amount, left));
        _placed[seriesId][msg.sender][holder] = left - amount;
        UseWord storage place = _uses[seriesId][holder];
        place.use = place.use.take(amount);
    }

    function _restore(address holder, uint256 seriesId, Series series, uint256 amount) private {
        require(holder != address(0), GiftCertificates_ZeroAddress());
        require(amount != 0, GiftCertificates_ZeroAmount(seriesId));
        _checkLimitation(seriesId, series.limitationAt());
        _addFace(seriesId, amount);
        _pull(msg.sender, amount);
        Holding storage holding = _accounts[seriesId][holder];
        holding.account = holding.account.unspend(amount);
        _logTransfer(msg.sender, address(0), holder, seriesId, amount);
        emit Restored(seriesId, holder, msg.sender, amount);
        ERC1155Utils.checkOnERC1155Received(msg.sender, address(0), holder, seriesId, amount, "");
    }
}
