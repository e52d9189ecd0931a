// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LibBit} from "solady/src/utils/LibBit.sol";
import {Bucket} from "../types/Bucket.sol";
import {Jar, MAX_ACCRUED, MAX_JAR_RATE, newJar} from "../types/Jar.sol";
import {Lump, newLump} from "../types/Lump.sol";
import {JarLedger} from "./JarLedger.sol";

/// @notice What flows into a jar, however many streams it comes from: the heart of the escrow. Read this first.
/// @dev A flow has a rate, a start and an end. One that ends on a later day than it starts is in the jar's rate, and in the
/// bucket of its end's day. One that starts and ends on one day is in the jar's lump only, which is due at midnight.
///
/// With the cursor at the start of day D, R the jar's rate, and for each day d its bucket's (r, m), what is due at second x
/// of today, day T, is
///
///   accrued + Σ_{D ≤ d < T} ((R_d − r_d) × 86,400 + m_d) + (R_T − r_T) × x + m_T × x / 86,400   where R_{d+1} = R_d − r_d
///
/// and the lump if its day is over. A flow enters with accrued −= rate × (start − D's start), whatever lies between: that is
/// why opening does not depend on what was not collected. The last term is the chord: a flow that ends today at second o has
/// earned rate × min(x, o), and rate × o × x / 86,400 is never more, never falls, and is exact at midnight.
///
/// So what is due never falls but by collecting: leaving today at x replaces rate × o × x / 86,400 by rate × x.
abstract contract Flows is JarLedger {
    /// @dev A flow begins. `credit` (scaled units) is due at once.
    function _enter(uint256 jarId, uint256 rate, uint256 start, uint256 end, uint256 credit) internal {
        Jar jar = _jars[jarId];
        uint256 cursor = _cursor(jar);
        uint256 endDay = end / DAY;
        if (start / DAY == endDay) {
            int256 due = int256(credit + _addToLump(jarId, endDay, rate * (end - start)));
            if (due != 0 || jar.day() == 0) {
                _jars[jarId] = newJar(jar.rate(), cursor, _checked(jarId, jar.accrued() + due));
            }
            return;
        }
        uint256 sum = jar.rate() + rate;
        require(sum <= MAX_JAR_RATE, Jar_Full(jarId, sum, MAX_JAR_RATE));
        int256 debit = int256(rate * (start - cursor * DAY));
        _jars[jarId] = newJar(sum, cursor, _checked(jarId, jar.accrued() + int256(credit) - debit));
        _addEnd(jarId, rate, end, 0);
    }

    /// @dev A flow stops now, before its end. `credit` is due at once beside what it has earned.
    function _leave(uint256 jarId, uint256 rate, uint256 start, uint256 end, uint256 credit) internal {
        Jar jar = _jars[jarId];
        uint256 left;
        if (start / DAY == end / DAY) {
            credit += rate * (block.timestamp - start);
            Lump lump = _lumps[jarId];
            _lumps[jarId] = newLump(lump.day(), lump.sum() - rate * (end - start));
        } else {
            left = rate;
            credit += rate * (block.timestamp - jar.day() * DAY);
            _removeEnd(jarId, rate, end);
        }
        // Not checked against MAX_ACCRUED: a stop can't be refused, and what a flow earned is far below.
        _jars[jarId] = newJar(jar.rate() - left, jar.day(), jar.accrued() + int256(credit));
    }

    /// @dev A flow's end moves to a later second. `dust` comes with the new end's day.
    function _extend(uint256 jarId, uint256 rate, uint256 start, uint256 end, uint256 newEnd, uint256 dust)
        internal
    {
        (uint256 endDay, uint256 newDay) = (end / DAY, newEnd / DAY);
        if (start / DAY != endDay) {
            if (endDay == newDay) {
                _buckets[jarId][endDay] = _buckets[jarId][endDay].add(0, rate * (newEnd - end) + dust);
            } else {
                _removeEnd(jarId, rate, end);
                _addEnd(jarId, rate, newEnd, dust);
            }
            return;
        }
        Lump lump = _lumps[jarId];
        if (endDay == newDay) {
            _lumps[jarId] = newLump(endDay, lump.sum() + rate * (newEnd - end) + dust);
            return;
        }
        _lumps[jarId] = newLump(endDay, lump.sum() - rate * (end - start));
        _enter(jarId, rate, start, newEnd, 0);
        if (dust != 0) _buckets[jarId][newDay] = _buckets[jarId][newDay].add(0, dust);
    }

    /// @dev `amount` is due at once.
    function _credit(uint256 jarId, uint256 amount) internal {
        Jar jar = _jars[jarId];
        _jars[jarId] = newJar(jar.rate(), _cursor(jar), _checked(jarId, jar.accrued() + int256(amount)));
    }

    /// @dev Folds days that are over, at most `maxDays` of those on which something ended, and the lump if its day is over.
    /// @return jar the folded jar, to be written by the caller
    /// @return due scaled units at the present second, or at the cursor's start where `maxDays` did not reach today
    function _fold(uint256 jarId, uint256 maxDays) internal view returns (Jar jar, int256 due) {
        uint256 today = block.timestamp / DAY;
        uint256 endsToday;
        (jar, endsToday) = _foldDays(jarId, _jars[jarId], today, maxDays);
        due = jar.accrued();
        Lump lump = _lumps[jarId];
        if (lump.day() < today) due += int256(lump.sum());
        jar = newJar(jar.rate(), jar.day(), due);
        if (jar.day() != today) return (jar, due);

        uint256 second = block.timestamp % DAY;
        uint256 rate = jar.rate();
        if (endsToday != 0) {
            Bucket ends = _buckets[jarId][today];
            rate -= ends.rate();
            due += int256(ends.moment() * second / DAY);
        }
        due += int256(rate * second);
    }

    /// @dev The lump of a day that is over is in `accrued` now.
    function _dropLump(uint256 jarId) internal {
        Lump lump = _lumps[jarId];
        if (Lump.unwrap(lump) != 0 && lump.day() < block.timestamp / DAY) _lumps[jarId] = Lump.wrap(0);
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @return folded up to `today`, or to the day on which the next of too many ends is
    /// @return endsToday not 0 where something may end today
    function _foldDays(uint256 jarId, Jar jar, uint256 today, uint256 maxDays)
        private
        view
        returns (Jar folded, uint256 endsToday)
    {
        uint256 rate = jar.rate();
        int256 due = jar.accrued();
        uint256 since = _cursor(jar);
        mapping(uint256 => Bucket) storage buckets = _buckets[jarId];
        mapping(uint256 => uint256) storage endDays = _endDays[jarId];
        uint256 word = since >> 8;
        uint256 bits = endDays[word] >> (since & 0xff) << (since & 0xff);
        while (true) {
            uint256 day = (word << 8) + LibBit.ffs(bits); // of no bits: 256, the next word's first
            if (day >= today) {
                // The word at hand is today's, unless today is the first day of the next one.
                endsToday = (day >> 8 == word ? bits : endDays[today >> 8]) >> (today & 0xff) & 1;
                break;
            }
            if (bits == 0) {
                bits = endDays[++word];
                continue;
            }
            if (maxDays == 0) {
                today = day;
                break;
            }
            unchecked {
                // Bounded as `MAX_ACCRUED` says.
                --maxDays;
                bits &= bits - 1;
                Bucket ends = buckets[day];
                due += int256(rate * ((day - since) * DAY));
                rate -= ends.rate();
                due += int256(rate * DAY + ends.moment());
                since = day + 1;
            }
        }
        folded = newJar(rate, today, due + int256(rate * ((today - since) * DAY)));
    }

    function _addEnd(uint256 jarId, uint256 rate, uint256 end, uint256 dust) private {
        uint256 day = end / DAY;
        Bucket ends = _buckets[jarId][day];
        if (ends.isEmpty()) _endDays[jarId][day >> 8] |= 1 << (day & 0xff);
        _buckets[jarId][day] = ends.add(rate, rate * (end % DAY) + dust);
    }

    function _removeEnd(uint256 jarId, uint256 rate, uint256 end) private {
        uint256 day = end / DAY;
        _buckets[jarId][day] = _buckets[jarId][day].subtract(rate, rate * (end % DAY));
    }

    /// @return due what an earlier day's lump held, which is over
    function _addToLump(uint256 jarId, uint256 today, uint256 amount) private returns (uint256 due) {
        Lump lump = _lumps[jarId];
        uint256 sum = lump.sum();
        if (lump.day() != today) (due, sum) = (sum, 0);
        _lumps[jarId] = newLump(today, sum + amount);
    }

    /// @dev A new jar's cursor is today.
    function _cursor(Jar jar) private view returns (uint256 day) {
        day = jar.day();
        if (day == 0) day = block.timestamp / DAY;
    }

    function _checked(uint256 jarId, int256 due) private pure returns (int256) {
        require(due <= MAX_ACCRUED, Jar_Full(jarId, uint256(due), uint256(MAX_ACCRUED)));
        return due;
    }
}
