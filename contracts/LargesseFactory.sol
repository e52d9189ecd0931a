// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CREATE3} from "solady/src/utils/CREATE3.sol";
import {ILargesseFactory} from "../interfaces/ILargesseFactory.sol";

/// @notice See `ILargesseFactory`. The creation code comes as calldata because it would not fit into a contract's own code.
contract LargesseFactory is ILargesseFactory {
    string private constant CERTIFICATES = "certificates";

    /// @inheritdoc ILargesseFactory
    address public immutable cardArt;
    /// @inheritdoc ILargesseFactory
    mapping(string part => bytes32 codeHash) public codeHashOf;

    /// @param parts beside the certificates; a name occurs once and is not "certificates"
    constructor(address cardArt_, bytes32 certificatesCodeHash, Part[] memory parts) {
        cardArt = cardArt_;
        _add(Part(CERTIFICATES, certificatesCodeHash));
        for (uint256 i = 0; i < parts.length; ++i) {
            _add(parts[i]);
        }
    }

    /// @inheritdoc ILargesseFactory
    function create(string calldata part, address currency, bytes calldata creationCode)
        external
        returns (address created)
    {
        bytes32 expected = _known(part);
        bytes32 codeHash = keccak256(creationCode);
        require(codeHash == expected, LargesseFactory_WrongCode(part, codeHash, expected));

        bool exists;
        (created, exists) = _find(part, currency);
        require(!exists, LargesseFactory_AlreadyCreated(part, currency, created));
        bytes memory arguments = _arguments(part, currency);

        // A currency that enters again from a constructor finds the salt of this part used up.
        CREATE3.deployDeterministic(abi.encodePacked(creationCode, arguments), _salt(part, currency));
        emit Created(currency, created, part);
    }

    /// @inheritdoc ILargesseFactory
    function find(string calldata part, address currency) external view returns (address where, bool exists) {
        _known(part);
        return _find(part, currency);
    }

    function _add(Part memory part) private {
        require(part.codeHash != 0, LargesseFactory_NoCode(part.name));
        require(codeHashOf[part.name] == 0, LargesseFactory_PartTwice(part.name));
        codeHashOf[part.name] = part.codeHash;
    }

    function _known(string calldata part) private view returns (bytes32 codeHash) {
        codeHash = codeHashOf[part];
        require(codeHash != 0, LargesseFactory_UnknownPart(part));
    }

    function _arguments(string calldata part, address currency) private view returns (bytes memory) {
        if (keccak256(bytes(part)) == keccak256(bytes(CERTIFICATES))) {
            require(currency.code.length != 0, LargesseFactory_NoCurrency(currency));
            return abi.encode(currency, cardArt);
        }
        (address certificates, bool ready) = _find(CERTIFICATES, currency);
        require(ready, LargesseFactory_CertificatesFirst(part, currency));
        return abi.encode(certificates);
    }

    function _find(string memory part, address currency) private view returns (address where, bool exists) {
        where = CREATE3.predictDeterministicAddress(_salt(part, currency));
        exists = where.code.length != 0;
    }

    function _salt(string memory part, address currency) private pure returns (bytes32) {
        return keccak256(abi.encode(part, currency));
    }
}
