// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICertificateBackOffice} from "./ICertificateBackOffice.sol";
import {ICertificatePayments} from "./ICertificatePayments.sol";

/// @title Gift certificates of one currency, fully reserved
/// @notice An ERC-1155 (with `IERC1155MetadataURI`) whose ids are series and whose unit is one base unit of the currency.
/// Face exists only while the same amount of currency lies in this contract. Nobody owns, pauses or upgrades it; an issuer
/// rules only the sale of its own series.
/// @dev One address answers all of this. Its code is in two pieces, since one contract may have 24,576 bytes:
/// `GiftCertificates` runs the payments itself and hands the rest to the `CertificateBackOffice` it was deployed with.
interface IGiftCertificates is ICertificatePayments, ICertificateBackOffice {}
