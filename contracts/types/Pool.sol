// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Five slots: what every payment of reads writes, what it reads (three), and what only the sponsor's acts need.
/// @param spent on reads, in all; at most `funded`
/// @param spentThatDay on reads that were paid on `day`
/// @param funded put in, in all: 96 bits hold every credit too, which therefore never overflows
/// @param closesAt 0 where no closing was announced
/// @param newAttesterAt 0 where no attester was announced; from then on `newAttester` is the attester
struct Pool {
    uint96 spent;
    uint96 spentThatDay;
    uint32 day;
    uint16 minReaderBps;
    uint16 maxReaderBps;
    //
    address attester;
    uint96 funded;
    //
    uint96 readerCap;
    uint96 poolCap;
    uint40 closesAt;
    uint24 noticeSeconds;
    //
    address newAttester;
    uint40 newAttesterAt;
    //
    address sponsor;
}
