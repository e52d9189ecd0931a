// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
interface ICardArt {
    function check(bytes calldata art) external pure;
    function uri(address certificates, uint256 seriesId) external view returns (string memory);
}
