// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJarBackOffice} from "../../interfaces/IJarBackOffice.sol";
import {IRedemptionReceiver} from "../../interfaces/IRedemptionReceiver.sol";
import {Stream} from "../types/Stream.sol";
import {Memberships} from "./Memberships.sol";

/// @notice Certificates that are redeemed into a jar. What the holders signed says what becomes of the money; the payee, whom
/// a named series' issuer admitted, is the creator, and gets it in its own jar.
abstract contract RedeemedIntoJars is IRedemptionReceiver, Memberships {
    /// @inheritdoc IRedemptionReceiver
    function onRedemption(
        address payee,
        uint256 amount,
        uint64,
        Portion[] calldata portions,
        bytes calldata data
    ) external nonReentrant returns (bytes4) {
        require(msg.sender == address(_certificates), Jar_NotCertificates(msg.sender));
        require(amount <= type(uint96).max, Custody_AmountTooLarge(amount, type(uint96).max));
        // A service may be paid as its own payee.
        _checkJar(_jarIdOf(payee, 0));
        if (abi.decode(data, (Use)) == Use.Tip) {
            _tipWith(payee, amount, portions, data);
        } else {
            (address payer, uint256 seriesId) = _oneHolder(portions);
            _countPaid(payer, amount);
            _streamWith(payer, payee, amount, seriesId, data);
        }
        return IRedemptionReceiver.onRedemption.selector;
    }

    /// @inheritdoc IJarBackOffice
    function countUsed(bytes32[] calldata streamIds) external nonReentrant {
        for (uint256 i = 0; i < streamIds.length; ++i) {
            Stream stream = _streams[streamIds[i]].stream;
            uint256 seriesId = stream.seriesId();
            if (seriesId != 0) _countUsed(streamIds[i], seriesId, _left(stream) / _scale);
        }
    }

    // ---------------------------------------------------------------------------------------------------- private

    function _tipWith(address creator, uint256 amount, Portion[] calldata portions, bytes calldata data)
        private
    {
        uint256 jarId = _jarIdOf(creator, 0);
        (, string memory message) = abi.decode(data, (Use, string));
        for (uint256 i = 0; i < portions.length; ++i) {
            Portion calldata portion = portions[i];
            _countPaid(portion.holder, portion.amount);
            // casting to 'uint96' is safe because the caller has checked the sum
            // forge-lint: disable-next-line(unsafe-typecast)
            _certificates.countUsed(portion.holder, portion.seriesId, uint96(portion.amount));
            emit Tipped(portion.holder, jarId, portion.amount, message);
        }
        _credit(jarId, amount * _scale);
    }

    function _streamWith(
        address payer,
        address creator,
        uint256 amount,
        uint256 seriesId,
        bytes calldata data
    ) private {
        Use use = abi.decode(data, (Use));
        if (use == Use.Subscribe) {
            (, address account, uint32 tier, uint16 version, uint80 rate) =
                abi.decode(data, (Use, address, uint32, uint16, uint80));
            // casting to 'uint96' is safe because the caller has checked it
            // forge-lint: disable-next-line(unsafe-typecast)
            _subscribe(Subscription(payer, account, creator, tier, version, rate, uint96(amount)), seriesId);
            return;
        }
        uint256 jarId = _jarIdOf(creator, 0);
        if (use == Use.Open) {
            (, uint256 index, uint256 rate) = abi.decode(data, (Use, uint256, uint256));
            bytes32 id = keccak256(abi.encode(payer, jarId, index));
            uint256 end = _openStream(id, jarId, rate, amount, seriesId);
            if (seriesId != 0) _place(id, payer, amount);
            emit StreamOpened(payer, jarId, index, rate, amount, end);
        } else {
            (, uint256 index) = abi.decode(data, (Use, uint256));
            bytes32 id = keccak256(abi.encode(payer, jarId, index));
            uint256 end = _topUpStream(id, jarId, amount, seriesId);
            if (seriesId != 0) _place(id, payer, amount);
            emit StreamToppedUp(payer, jarId, index, payer, amount, end);
        }
    }
}
