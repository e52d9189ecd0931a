// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CREATE3} from "solady/src/utils/CREATE3.sol";
import {ICertificateFactory} from "../interfaces/ICertificateFactory.sol";

/// @notice See `ICertificateFactory`. The creation code comes as calldata because it would not fit into a contract's own code.
contract CertificateFactory is ICertificateFactory {
    /// @inheritdoc ICertificateFactory
    address public immutable cardArt;
    /// @inheritdoc ICertificateFactory
    bytes32 public immutable certificatesCodeHash;
    /// @inheritdoc ICertificateFactory
    bytes32 public immutable salesCodeHash;

    constructor(address cardArt_, bytes32 certificatesCodeHash_, bytes32 salesCodeHash_) {
        cardArt = cardArt_;
        certificatesCodeHash = certificatesCodeHash_;
        salesCodeHash = salesCodeHash_;
    }

    /// @inheritdoc ICertificateFactory
    function createCertificates(address currency, bytes calldata creationCode)
        external
        returns (address certificates)
    {
        require(currency.code.length != 0, CertificateFactory_NoCurrency(currency));
        _check(creationCode, certificatesCodeHash);
        bool exists;
        (certificates, exists) = certificatesOf(currency);
        require(!exists, CertificateFactory_AlreadyCreated(currency, certificates));
        CREATE3.deployDeterministic(
            abi.encodePacked(creationCode, abi.encode(currency, cardArt)), _salt("certificates", currency)
        );
        emit CertificatesCreated(currency, certificates);
    }

    /// @inheritdoc ICertificateFactory
    function createSales(address currency, bytes calldata creationCode) external returns (address sales) {
        (address certificates, bool ready) = certificatesOf(currency);
        require(ready, CertificateFactory_CertificatesFirst(currency));
        _check(creationCode, salesCodeHash);
        bool exists;
        (sales, exists) = salesOf(currency);
        require(!exists, CertificateFactory_AlreadyCreated(currency, sales));
        CREATE3.deployDeterministic(
            abi.encodePacked(creationCode, abi.encode(certificates)), _salt("sales", currency)
        );
        emit SalesCreated(currency, sales);
    }

    /// @inheritdoc ICertificateFactory
    function certificatesOf(address currency) public view returns (address certificates, bool exists) {
        certificates = CREATE3.predictDeterministicAddress(_salt("certificates", currency));
        exists = certificates.code.length != 0;
    }

    /// @inheritdoc ICertificateFactory
    function salesOf(address currency) public view returns (address sales, bool exists) {
        sales = CREATE3.predictDeterministicAddress(_salt("sales", currency));
        exists = sales.code.length != 0;
    }

    function _check(bytes calldata creationCode, bytes32 expected) private pure {
        bytes32 codeHash = keccak256(creationCode);
        require(codeHash == expected, CertificateFactory_WrongCode(codeHash, expected));
    }

    function _salt(string memory part, address currency) private pure returns (bytes32) {
        return keccak256(abi.encode(part, currency));
    }
}
