"""Bugs in what keeps money for every contract: each of their machines must notice each of them; of those in
`GIVING_BACK`, where what comes back does so by `Service._giveBack`."""

from tests.stateful.bugs import Bug

CUSTODY_BUGS = (
    Bug("a payment for any action", "common/Custody",
        "_receive(account, amount, _hashTypedData(structHash), consent);",
        "_receive(account, amount, bytes32(uint256(consent.nonce)), consent);"),
    Bug("a consent used twice", "common/Custody", "_useNonce(account, consent.nonce);", ""),
    Bug("a consent of this nonce", "common/Custody", "require(nonce > last,", "require(nonce >= last,"),
    Bug("a consent after its deadline", "common/Custody", "_checkDeadline(consent.deadline);", ""),
    Bug("nobody's signature", "common/Custody",
        "_checkSignature(account, structHash, consent.signature);", ""),
    Bug("the currency's signature moves nothing", "common/Custody",
        "require(!consent.moves, Custody_NothingMoves());", ""),
    Bug("a fee on transfer not noticed", "common/Custody",
        "_currency.safeTransferFrom(from, address(this), amount); _checkArrived(before, amount);",
        "_currency.safeTransferFrom(from, address(this), amount); before;"),
    Bug("a lie taken for a payment", "common/Custody", "if (left == 0) return false;",
        "if (left == 0) return true;"),
    Bug("owed not recorded", "common/Custody", "_owed[payee] += amount;", ""),
    Bug("owed paid twice", "common/CustodyDesk", "_owed[payee] = 0;", ""),
    Bug("somebody else's debt", "common/CustodyDesk",
        "if (!_isOwnCall(payee, consent)) {", "if (false) {"),
    Bug("cards of several holders", "common/Service",
        "portion.holder != holder || other != seriesId", "other != seriesId"),
    Bug("cards of several series", "common/Service",
        "portion.holder != holder || other != seriesId", "portion.holder != holder"),
    Bug("a named series taken for cash", "common/Service",
        "return _certificates.terms(seriesId).named ? seriesId : 0;", "seriesId; return 0;"),
)  # fmt: skip
GIVING_BACK = (
    Bug("a named series as cash", "common/Service",
        "if (seriesId == 0) {", "if (seriesId != type(uint256).max) {"),
    Bug("restored after limitation", "common/Service",
        "if (block.timestamp < terms.limitationAt) _restore",
        "if (block.timestamp <= terms.limitationAt) _restore"),
    Bug("the beneficiary's from the start", "common/Service",
        "if (block.timestamp < terms.limitationAt) _restore", "if (block.timestamp < 1) _restore"),
)  # fmt: skip
