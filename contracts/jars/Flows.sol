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
        JarBook storage book = _jars[jarId];
        Jar jar = book.jar;
        uint256 cursor = _cursor(jar);
        uint256 endDay = end / DAY;
        int256 due = int256(credit);
        unchecked {
            // Rates have 80 bits and a jar's 88, times are below 2⁴¹, what is accrued has 144 bits and a credit or a lump is money;
            // a start is never before the cursor.
            if (start / DAY == endDay) {
                due += int256(_addToLump(book, endDay, rate * (end - start)));
                if (due != 0 || jar.day() == 0) {
                    book.jar = newJar(jar.rate(), cursor, _checked(jarId, jar.accrued() + due));
                }
                return;
            }
            uint256 sum = jar.rate() + rate;
            require(sum <= MAX_JAR_RATE, Jar_Full(jarId, sum, MAX_JAR_RATE));
            due -= int256(rate * (start - cursor * DAY));
            book.jar = newJar(sum, cursor, _checked(jarId, jar.accrued() + due));
        }
        _addEnd(book, endDay, rate, end, 0);
    }

    /// @dev A flow stops now, before its end. `credit` is due at once beside what it has earned.
    function _leave(uint256 jarId, uint256 rate, uint256 start, uint256 end, uint256 credit) internal {
        JarBook storage book = _jars[jarId];
        Jar jar = book.jar;
        uint256 sum = jar.rate();
        unchecked {
            // Rates are below 2⁸⁰ and times below 2⁴¹; what leaves was entered.
            if (start / DAY == end / DAY) {
                credit += rate * (block.timestamp - start);
                Lump lump = book.lump;
                book.lump = newLump(lump.day(), lump.sum() - rate * (end - start));
            } else {
                sum -= rate;
                credit += rate * (block.timestamp - jar.day() * DAY);
                _removeEnd(book, rate, end);
            }
            // Not checked against MAX_ACCRUED: a stop can't be refused, and what a flow earned is far below.
            book.jar = newJar(sum, jar.day(), jar.accrued() + int256(credit));
        }
    }

    /// @dev A flow's end moves to a later second. `dust` comes with the new end's day.
    function _extend(uint256 jarId, uint256 rate, uint256 start, uint256 end, uint256 newEnd, uint256 dust)
        internal
    {
        JarBook storage book = _jars[jarId];
        (uint256 endDay, uint256 newDay) = (end / DAY, newEnd / DAY);
        if (start / DAY != endDay) {
            if (endDay == newDay) {
                Ends storage ends = book.ends[endDay];
                ends.bucket = ends.bucket.add(0, rate * (newEnd - end) + dust);
            } else {
                _removeEnd(book, rate, end);
                _addEnd(book, newDay, rate, newEnd, dust);
            }
            return;
        }
        uint256 sum = book.lump.sum();
        if (endDay == newDay) {
            book.lump = newLump(endDay, sum + rate * (newEnd - end) + dust);
            return;
        }
        book.lump = newLump(endDay, sum - rate * (end - start));
        _enter(jarId, rate, start, newEnd, 0);
        if (dust != 0) book.ends[newDay].bucket = book.ends[newDay].bucket.add(0, dust);
    }

    /// @dev `amount` is due at once.
    function _credit(uint256 jarId, uint256 amount) internal {
        JarBook storage book = _jars[jarId];
        Jar jar = book.jar;
        book.jar = newJar(jar.rate(), _cursor(jar), _checked(jarId, jar.accrued() + int256(amount)));
    }

    /// @dev Folds days that are over, at most `maxDays` of those on which something ended, and the lump if its day is over.
    /// @return jar the folded jar, to be written by the caller, who also drops the lump if its day is over
    /// @return due scaled units at the present second, or at the cursor's start where `maxDays` did not reach today
    function _fold(JarBook storage book, uint256 maxDays) internal view returns (Jar jar, int256 due) {
        uint256 today = block.timestamp / DAY;
        uint256 rate;
        uint256 day;
        uint256 endsToday;
        (rate, day, due, endsToday) = _foldDays(book, today, maxDays);
        if (_isLumpDue(book.lump)) due += int256(book.lump.sum());
        jar = newJar(rate, day, due);
        if (day != today) return (jar, due);

        unchecked {
            // Bounded as `MAX_ACCRUED` says; what ends today is part of the rate.
            uint256 second = block.timestamp % DAY;
            if (endsToday != 0) {
                Bucket ends = book.ends[today].bucket;
                rate -= ends.rate();
                due += int256(ends.moment() * second / DAY);
            }
            due += int256(rate * second);
        }
    }

    function _isLumpDue(Lump lump) internal view returns (bool) {
        return Lump.unwrap(lump) != 0 && lump.day() < block.timestamp / DAY;
    }

    // ---------------------------------------------------------------------------------------------------- private

    /// @return rate of what ends on `day` or later
    /// @return day today, or the day on which the next of too many ends is
    /// @return due at the start of that day, but for the lump
    /// @return endsToday not 0 where something may end today
    function _foldDays(JarBook storage book, uint256 today, uint256 maxDays)
        private
        view
        returns (uint256 rate, uint256 day, int256 due, uint256 endsToday)
    {
        uint256 since;
        {
            Jar jar = book.jar;
            (rate, since, due) = (jar.rate(), _cursor(jar), jar.accrued());
        }
        uint256 word = since >> 8;
        uint256 bits = book.endDays[word] >> (since & 0xff) << (since & 0xff);
        unchecked {
            // Bounded as `MAX_ACCRUED` says.
            while (true) {
                day = (word << 8) + LibBit.ffs(bits); // of no bits: 256, the next word's first
                if (day >= today) {
                    // The word at hand is today's, unless today is the first day of the next one.
                    endsToday = (day >> 8 == word ? bits : book.endDays[today >> 8]) >> (today & 0xff) & 1;
                    day = today;
                    break;
                }
                if (bits == 0) {
                    bits = book.endDays[++word];
                    continue;
                }
                if (maxDays == 0) break;
                --maxDays;
                bits &= bits - 1;
                Bucket ends = book.ends[day].bucket;
                due += int256(rate * ((day - since) * DAY));
                rate -= ends.rate();
                due += int256(rate * DAY + ends.moment());
                since = day + 1;
            }
            due += int256(rate * ((day - since) * DAY));
        }
    }

    function _addEnd(JarBook storage book, uint256 day, uint256 rate, uint256 end, uint256 dust) private {
        Ends storage ends = book.ends[day];
        Bucket bucket = ends.bucket;
        if (bucket.isEmpty()) book.endDays[day >> 8] |= 1 << (day & 0xff);
        unchecked {
            // Below 2⁸⁰ × 2¹⁸.
            ends.bucket = bucket.add(rate, rate * (end % DAY) + dust);
        }
    }

    function _removeEnd(JarBook storage book, uint256 rate, uint256 end) private {
        unchecked {
            Ends storage ends = book.ends[end / DAY];
            ends.bucket = ends.bucket.subtract(rate, rate * (end % DAY));
        }
    }

    /// @return due what an earlier day's lump held, which is over
    function _addToLump(JarBook storage book, uint256 today, uint256 amount) private returns (uint256 due) {
        Lump lump = book.lump;
        uint256 sum = lump.sum();
        if (lump.day() != today) (due, sum) = (sum, 0);
        book.lump = newLump(today, sum + amount);
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
