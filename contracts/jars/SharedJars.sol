// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStreamingTips} from "../../interfaces/IStreamingTips.sol";
import {Jar, newJar} from "../types/Jar.sol";
import {Lump} from "../types/Lump.sol";
import {Flows} from "./Flows.sol";

/// @notice What creators do: collecting, alone or shared with collaborators or a charity.
abstract contract SharedJars is IStreamingTips, Flows {
    uint256 private constant MAX_PAYEES = 20;
    uint256 private constant BPS = 10_000;

    /// @inheritdoc IStreamingTips
    function createSharedJar(address[] calldata payees, uint16[] calldata sharesBps)
        external
        returns (uint256 jarId)
    {
        uint256 count = payees.length;
        require(
            count == sharesBps.length && count != 0 && count <= MAX_PAYEES,
            Jar_PayeeCount(count, sharesBps.length, MAX_PAYEES)
        );
        uint256 sum;
        for (uint256 i = 0; i < count; ++i) {
            (address payee, uint256 share) = (payees[i], sharesBps[i]);
            require(payee != address(0) && payee != address(this) && share != 0, Jar_BadPayee(payee, share));
            for (uint256 j = 0; j < i; ++j) {
                require(payees[j] != payee, Jar_BadPayee(payee, share));
            }
            sum += share;
        }
        require(sum == BPS, Jar_SharesDiffer(sum, BPS));
        uint256 version = ++_versions[msg.sender];
        require(version <= type(uint16).max, Jar_TooManyVersions(msg.sender, type(uint16).max));
        jarId = _jarIdOf(msg.sender, version);
        _splits[jarId] = Split(0, payees, sharesBps);
        emit SharedJarCreated(jarId, payees, sharesBps);
    }

    /// @inheritdoc IStreamingTips
    function collect(uint256 jarId, uint256 maxDays) external nonReentrant returns (uint256 amount) {
        _checkJar(jarId);
        JarBook storage book = _jars[jarId];
        (Jar jar, int256 due) = _fold(book, maxDays);
        if (due > 0) amount = uint256(due) / _scale;
        book.jar = newJar(jar.rate(), jar.day(), jar.accrued() - int256(amount * _scale));
        if (_isLumpDue(book.lump)) book.lump = Lump.wrap(0);
        emit Collected(jarId, amount, jar.day());
        if (jarId >> 160 == 0) _payOut(address(uint160(jarId)), amount);
        else if (amount != 0) _share(_splits[jarId], amount);
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @dev Each payee pulls its own: one that the currency refuses blocks nobody. Shares are rounded down of all that was ever
    /// collected, not of each collection: whoever got the rest could else collect unit by unit and get everything.
    function _share(Split storage split, uint256 amount) private {
        uint256 before = split.collected;
        uint256 total = before + amount;
        split.collected = total;
        uint256 count = split.payees.length;
        for (uint256 i = 0; i < count; ++i) {
            uint256 share = split.sharesBps[i];
            uint256 part = total * share / BPS - before * share / BPS;
            if (part != 0) _owe(split.payees[i], part);
        }
    }
}
