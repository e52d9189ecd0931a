// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title One contract of each part of Largesse for each currency
/// @notice Anybody may open a currency. The code is brought by the caller and must be the code this factory was made for;
/// the address depends on the factory, the part and the currency alone, so it is known before, is the same whoever comes
/// first, and is the same on every chain where the factory has the same address.
/// @dev The part "certificates" is the currency's GiftCertificates and comes first: its constructor takes the currency and
/// CardArt. Each other part's constructor takes the address of these certificates. Warning: the caller chooses when and with
/// how much gas a constructor runs; it must not depend on either, nor on who calls.
interface ILargesseFactory {
    /// @param name of the part
    /// @param codeHash keccak256 of its creation code, without constructor arguments
    struct Part {
        string name;
        bytes32 codeHash;
    }

    event Created(address indexed currency, address indexed created, string part);

    error LargesseFactory_NoCode(string part);
    error LargesseFactory_PartTwice(string part);
    error LargesseFactory_UnknownPart(string part);
    error LargesseFactory_NoCurrency(address currency);
    error LargesseFactory_WrongCode(string part, bytes32 codeHash, bytes32 expected);
    error LargesseFactory_CertificatesFirst(string part, address currency);
    error LargesseFactory_AlreadyCreated(string part, address currency, address created);

    /// @notice Deploy a part of a currency.
    /// @dev "certificates": the currency must be a contract. Which tokens are safe to accept is in `SECURITY.md`; a bad one
    /// harms only itself. Any other part: the currency's certificates must exist.
    /// @param creationCode of the part, without constructor arguments; its keccak256 is `codeHashOf(part)`. With its arguments
    /// (64 bytes for the certificates, 32 for any other part) it may have 49,152 bytes (EIP-3860)
    function create(string calldata part, address currency, bytes calldata creationCode)
        external
        returns (address created);

    /// @dev Reverts for an unknown part, whose address nothing could ever be at.
    /// @return where the address at which a currency's part is or would be
    /// @return exists whether it was created
    function find(string calldata part, address currency) external view returns (address where, bool exists);

    /// @return codeHash what a part's creation code hashes to; 0 for an unknown part
    function codeHashOf(string calldata part) external view returns (bytes32 codeHash);

    /// @notice What the certificates of every currency are drawn by.
    function cardArt() external view returns (address);
}
