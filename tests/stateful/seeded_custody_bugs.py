"""Bugs in what keeps money for every contract: each of their machines must notice each of them."""

from tests.stateful.seeded_bugs import Bug

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
)  # fmt: skip
