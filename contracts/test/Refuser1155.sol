// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {TestAccount} from "./TestAccount.sol";

/// @title Refuser1155
/// @notice A contract account that refuses ERC-1155 tokens in every way there is, or accepts them until told otherwise.
contract Refuser1155 is TestAccount, ERC165, IERC1155Receiver {
    error Refuser1155_Refused(address operator, address from, uint256 id, uint256 value);

    /// @dev What acceptance does. WrongMagic: answers 0xffffffff. Reverts: with an error. RevertsEmpty: with no data.
    /// RevertsHuge: with `answerBytes` bytes. BurnsGas: all that it was given. Accepts: takes the token.
    enum Mode {
        WrongMagic,
        Reverts,
        RevertsEmpty,
        RevertsHuge,
        BurnsGas,
        Accepts
    }

    Mode public mode;
    uint256 public answerBytes = 1 << 20;

    constructor(address owner_) TestAccount(owner_) {}

    /// @notice Chooses the behaviour from here on.
    function setMode(Mode mode_) external {
        mode = mode_;
    }

    /// @notice Sets the length of a huge answer; one mebibyte needs 2.2 million gas.
    function setAnswerBytes(uint256 answerBytes_) external {
        answerBytes = answerBytes_;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155Received(address operator, address from, uint256 id, uint256 value, bytes calldata)
        external
        view
        returns (bytes4)
    {
        return _judge(IERC1155Receiver.onERC1155Received.selector, operator, from, id, value);
    }

    /// @inheritdoc IERC1155Receiver
    /// @dev A refusal names the first id and value.
    function onERC1155BatchReceived(
        address operator,
        address from,
        uint256[] calldata ids,
        uint256[] calldata values,
        bytes calldata
    ) external view returns (bytes4) {
        bytes4 magic = IERC1155Receiver.onERC1155BatchReceived.selector;
        return _judge(magic, operator, from, ids.length == 0 ? 0 : ids[0], values.length == 0 ? 0 : values[0]);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC165, IERC165) returns (bool) {
        return interfaceId == type(IERC1155Receiver).interfaceId || super.supportsInterface(interfaceId);
    }

    function _judge(bytes4 magic, address operator, address from, uint256 id, uint256 value)
        private
        view
        returns (bytes4)
    {
        Mode mode_ = mode;
        if (mode_ == Mode.Accepts) return magic;
        if (mode_ == Mode.WrongMagic) return 0xffffffff;
        if (mode_ == Mode.Reverts) revert Refuser1155_Refused(operator, from, id, value);
        uint256 length = mode_ == Mode.RevertsHuge ? answerBytes : 0;
        bool burns = mode_ == Mode.BurnsGas;
        assembly {
            if burns { invalid() }
            revert(0, length)
        }
    }
}
