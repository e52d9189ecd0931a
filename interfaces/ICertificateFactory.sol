// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title One GiftCertificates, and one CertificateSales, for each currency
/// @notice Anybody may open a currency. The code is brought by the caller and must be the code this factory was made for;
/// the address depends on the factory and the currency alone, so it is known before, and the same on every chain where
/// the factory has the same address.
interface ICertificateFactory {
    event CertificatesCreated(address indexed currency, address certificates);
    event SalesCreated(address indexed currency, address sales);

    error CertificateFactory_NoCurrency(address currency);
    error CertificateFactory_WrongCode(bytes32 codeHash, bytes32 expected);
    error CertificateFactory_AlreadyCreated(address currency, address created);
    error CertificateFactory_CertificatesFirst(address currency);

    /// @notice Deploy the GiftCertificates of a currency.
    /// @dev The currency must be a contract. Which tokens are safe to accept is in `SECURITY.md`; a bad one harms only itself.
    /// @param creationCode of GiftCertificates, without constructor arguments; its keccak256 is `certificatesCodeHash`
    function createCertificates(address currency, bytes calldata creationCode) external returns (address certificates);

    /// @notice Deploy the CertificateSales of a currency whose GiftCertificates exists.
    /// @param creationCode of CertificateSales, without constructor arguments; its keccak256 is `salesCodeHash`
    function createSales(address currency, bytes calldata creationCode) external returns (address sales);

    /// @return certificates where a currency's GiftCertificates is or would be
    /// @return exists whether it was created
    function certificatesOf(address currency) external view returns (address certificates, bool exists);

    /// @return sales where a currency's CertificateSales is or would be
    /// @return exists whether it was created
    function salesOf(address currency) external view returns (address sales, bool exists);

    function cardArt() external view returns (address);
    function certificatesCodeHash() external view returns (bytes32);
    function salesCodeHash() external view returns (bytes32);
}
