// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleSum} from "../../contracts/libraries/MerkleSum.sol";
import {Account, Use} from "../../contracts/types/Account.sol";
import {Bucket} from "../../contracts/types/Bucket.sol";
import {Jar, newJar} from "../../contracts/types/Jar.sol";
import {Lump, newLump} from "../../contracts/types/Lump.sol";
import {Prepaid, newPrepaid} from "../../contracts/types/Prepaid.sol";
import {Purse} from "../../contracts/types/Purse.sol";
import {
    CASH_OUT_UNUSED,
    CONVERTIBLE,
    EXISTS,
    FORFEITED,
    NAMED,
    REFUND_ON_REMOVAL,
    Series,
    WOUND_DOWN,
    newSeries
} from "../../contracts/types/Series.sol";
import {Stream, newStream} from "../../contracts/types/Stream.sol";

/// @notice Reads and writes each packed word by its own library, fields from the lowest bits up, for `test_packed.py`.
contract PackedWords {
    function readAccount(uint256 word) external pure returns (uint256[3] memory) {
        Account held = Account.wrap(word);
        return [held.balance(), held.spent(), held.nonce()];
    }

    function writeAccount(uint256[3] calldata f) external pure returns (uint256) {
        Account held = Account.wrap(0).credit(f[1]).spend(f[1]).credit(f[0]).withNonce(f[2]);
        return Account.unwrap(held);
    }

    function readSeries(uint256 word) external pure returns (uint256[12] memory f) {
        Series series = Series.wrap(word);
        (f[0], f[1], f[2]) = (series.outstanding(), series.expiresAt(), series.limitationAt());
        (f[3], f[4], f[5]) = (series.salesCloseAt(), series.feeBps(), _bit(series.has(NAMED)));
        (f[6], f[7]) = (_bit(series.has(WOUND_DOWN)), _bit(series.has(FORFEITED)));
        (f[8], f[9]) = (_bit(series.has(CONVERTIBLE)), _bit(series.has(REFUND_ON_REMOVAL)));
        (f[10], f[11]) = (_bit(series.has(CASH_OUT_UNUSED)), _bit(series.exists()));
    }

    /// @dev `f[11]` plays no part: a series that is written exists.
    function writeSeries(uint256[12] calldata f) external pure returns (uint256) {
        uint256 flags = NAMED * f[5] | WOUND_DOWN * f[6] | FORFEITED * f[7] | CONVERTIBLE * f[8];
        flags |= REFUND_ON_REMOVAL * f[9] | CASH_OUT_UNUSED * f[10];
        return Series.unwrap(newSeries(f[1], f[2], f[3], f[4], flags).addFace(f[0]));
    }

    function readUse(uint256 word) external pure returns (uint256[2] memory) {
        Use use = Use.wrap(word);
        return [use.returnable(), use.closed()];
    }

    function writeUse(uint256[2] calldata f) external pure returns (uint256) {
        return Use.unwrap(Use.wrap(0).place(f[0]).close(f[0] + f[1]));
    }

    function readJar(uint256 word) external pure returns (uint256[3] memory) {
        Jar jar = Jar.wrap(word);
        return [jar.rate(), jar.day(), uint256(jar.accrued())];
    }

    function writeJar(uint256[3] calldata f) external pure returns (uint256) {
        return Jar.unwrap(newJar(f[0], f[1], int256(f[2])));
    }

    function readBucket(uint256 word) external pure returns (uint256[2] memory) {
        Bucket bucket = Bucket.wrap(word);
        return [bucket.rate(), bucket.moment()];
    }

    function writeBucket(uint256[2] calldata f) external pure returns (uint256) {
        return Bucket.unwrap(Bucket.wrap(0).add(f[0], f[1]));
    }

    function readLump(uint256 word) external pure returns (uint256[2] memory) {
        Lump lump = Lump.wrap(word);
        return [lump.day(), lump.sum()];
    }

    function writeLump(uint256[2] calldata f) external pure returns (uint256) {
        return Lump.unwrap(newLump(f[0], f[1]));
    }

    function readStream(uint256 word) external pure returns (uint256[4] memory) {
        Stream stream = Stream.wrap(word);
        return [stream.rate(), stream.startedAt(), stream.endsAt(), stream.seriesId()];
    }

    function writeStream(uint256[4] calldata f) external pure returns (uint256) {
        return Stream.unwrap(newStream(f[0], f[1], f[2], f[3]));
    }

    function readPrepaid(uint256 word) external pure returns (uint256[4] memory) {
        Prepaid prepaid = Prepaid.wrap(word);
        uint256 signer = uint160(prepaid.signer());
        return [prepaid.paid(), prepaid.deposit(), _bit(prepaid.isNamed()), signer];
    }

    function writePrepaid(uint256[4] calldata f) external pure returns (uint256) {
        return Prepaid.unwrap(newPrepaid(address(uint160(f[3])), f[2] == 1, f[1]).withPaid(f[0]));
    }

    /// @dev A purse tells its day by what was spent on it: of day 0, and of the last of 32 bits.
    function readPurse(uint256 word) external pure returns (uint256[3] memory) {
        Purse purse = Purse.wrap(word);
        uint256 last = Purse.wrap(word | 1 << 96).spentOn(type(uint32).max) != 0 ? type(uint32).max : 0;
        return [purse.credit(), purse.spentOn(0), last];
    }

    function writePurse(uint256[3] calldata f) external pure returns (uint256) {
        return Purse.unwrap(Purse.wrap(0).credited(f[0], f[1], f[2]));
    }

    /// @dev Of the hash only the low 160 bits count.
    function writeNode(uint256[2] calldata f) external pure returns (uint256) {
        return MerkleSum.node(bytes32(f[1] | type(uint96).max << 160), f[0]);
    }

    function _bit(bool flag) private pure returns (uint256) {
        return flag ? 1 : 0;
    }
}
