// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGiftCertificates} from "../../interfaces/IGiftCertificates.sol";
import {IRewardPools} from "../../interfaces/IRewardPools.sol";
import {Custody} from "../common/Custody.sol";
import {CustodyDesk} from "../common/CustodyDesk.sol";
import {Pool} from "../types/Pool.sol";
import {Purse} from "../types/Purse.sol";

/// @notice All storage of RewardPools, and what it says of itself.
abstract contract PoolLedger is IRewardPools, CustodyDesk {
    uint256 internal constant BPS = 10_000;

    address private immutable _CERTIFICATES;

    mapping(bytes32 poolId => Pool) internal _pools;
    mapping(bytes32 poolId => mapping(address payee => Purse)) internal _purses;
    mapping(bytes32 poolId => mapping(uint256 word => uint256 reads)) internal _paid;

    constructor(address giftCertificates) Custody(_currencyOf(giftCertificates)) {
        _CERTIFICATES = giftCertificates;
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IRewardPools
    function pool(bytes32 poolId) external view returns (PoolView memory) {
        Pool memory found = _pools[poolId];
        bool changed = _isChanged(found.newAttesterAt);
        return PoolView(
            found.sponsor,
            changed ? found.newAttester : found.attester,
            found.minReaderBps,
            found.maxReaderBps,
            found.readerCap,
            found.poolCap,
            found.noticeSeconds,
            found.funded,
            found.spent,
            found.day == _today() ? found.spentThatDay : 0,
            changed ? address(0) : found.newAttester,
            changed ? 0 : found.newAttesterAt,
            found.closesAt
        );
    }

    /// @inheritdoc IRewardPools
    function credit(bytes32 poolId, address payee) external view returns (uint256) {
        return _purses[poolId][payee].credit();
    }

    /// @inheritdoc IRewardPools
    function spentToday(bytes32 poolId, address reader) external view returns (uint256) {
        return _purses[poolId][reader].spentOn(_today());
    }

    /// @inheritdoc IRewardPools
    function isPaid(bytes32 poolId, uint64 readId) external view returns (bool) {
        return _paid[poolId][readId >> 8] & (1 << (readId & 0xff)) != 0;
    }

    /// @inheritdoc IRewardPools
    function poolIdOf(address sponsor, uint96 salt) external pure returns (bytes32) {
        return _poolIdOf(sponsor, salt);
    }

    /// @inheritdoc IRewardPools
    function certificates() external view returns (address) {
        return _CERTIFICATES;
    }

    // --------------------------------------------------------------------------------------------------- internal

    function _known(bytes32 poolId) internal view returns (Pool storage found) {
        found = _pools[poolId];
        require(found.sponsor != address(0), Pools_Unknown(poolId));
    }

    /// @dev Whether the announced attester is the attester by now.
    function _isChanged(uint256 newAttesterAt) internal view returns (bool) {
        return newAttesterAt != 0 && block.timestamp >= newAttesterAt;
    }

    function _today() internal view returns (uint32) {
        // casting to 'uint32' is safe for eleven million years
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(block.timestamp / 1 days);
    }

    function _poolIdOf(address sponsor, uint96 salt) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(sponsor, salt));
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Largesse RewardPools", "1");
    }

    // ---------------------------------------------------------------------------------------------------- private

    function _currencyOf(address giftCertificates) private view returns (address) {
        require(giftCertificates.code.length != 0, Custody_ZeroAddress());
        return IGiftCertificates(giftCertificates).currency();
    }
}
