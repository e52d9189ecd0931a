// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICertificateTypes} from "../../interfaces/ICertificateTypes.sol";

/// @notice Which terms make sense together. Each broken rule reverts `GiftCertificates_InvalidTerms(rule, value, bound)`.
library TermsRules {
    uint256 internal constant MAX_FEE_BPS = 2_000;
    uint256 private constant BPS = 10_000;

    function check(ICertificateTypes.Terms calldata terms, uint256 merchants) internal view {
        require(terms.beneficiary != address(0), ICertificateTypes.GiftCertificates_ZeroAddress());
        _atLeast("sales close in the future", terms.salesCloseAt, block.timestamp + 1);
        _atLeast("expiry >= sales close", terms.expiresAt, terms.salesCloseAt);
        _atLeast("limitation >= expiry", terms.limitationAt, terms.expiresAt);
        _atMost("fee", terms.feeBps, MAX_FEE_BPS);
        _atMost("use threshold", terms.useThresholdBps, BPS);
        _atMost("post-expiry share", terms.postExpiryBps, BPS);

        bool cashOut = terms.cashOutBelow != 0;
        if (cashOut) _atLeast("cash-out window", terms.cashOutBelow, uint256(terms.cashOutFrom) + 1);
        else _atMost("cash-out window", terms.cashOutFrom, 0);
        if (terms.useThresholdBps != 0 || cashOut) _atLeast("denomination", terms.denomination, 1);
        if (terms.cashOutUnused) _atLeast("cash-out unused", cashOut ? 1 : 0, 1);

        if (terms.named) {
            _atLeast("merchants of a named series", merchants, 1);
        } else {
            // An open series is cash-equivalent: a limited refund right would only pretend that it is not.
            _atMost("merchants of an open series", merchants, 0);
            _atMost("use threshold, open", terms.useThresholdBps, 0);
            _atMost("cash-out, open", terms.cashOutBelow, 0);
            _atMost("refund on removal, open", terms.refundOnRemoval ? 1 : 0, 0);
            _atMost("convertible, open", terms.convertible ? 1 : 0, 0);
        }
    }

    function _atLeast(bytes32 rule, uint256 value, uint256 bound) private pure {
        require(value >= bound, ICertificateTypes.GiftCertificates_InvalidTerms(rule, value, bound));
    }

    function _atMost(bytes32 rule, uint256 value, uint256 bound) private pure {
        require(value <= bound, ICertificateTypes.GiftCertificates_InvalidTerms(rule, value, bound));
    }
}
