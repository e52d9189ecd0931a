"""1,000 listeners of 37 seconds, who come and go at noon: what their musician can claim never falls."""

from tests.support.crowd import crowd_chain, deploy, settle
from tests.support.jars import DAY, MIDNIGHT, NOON, Flow, claimable_scaled

LISTENERS, SECONDS, SCALE = 1_000, 37, 10**9


def test_a_thousand_listeners_of_37_seconds() -> None:
    """Each is an account of its own. In bunches of a hundred: before midnight, across it, after it; the
    musician collects in between, or does not.
    """
    with crowd_chain(gas_limit=100_000_000) as web3:
        token = deploy(web3, "TestToken", "Test Dollar", "TUSD", 6)
        crowd = settle(web3, token)
        loader = deploy(web3, "TipperLoader", crowd.escrow.address, token.address, SCALE)
        musician = crowd.person("creator")
        jar = int(musician, 16)
        view = crowd.escrow.functions.claimableScaled(jar)
        flows: list[Flow] = []
        shown = paid = 0
        for bunch in range(LISTENERS // 100):
            now = crowd.at(MIDNIGHT - 5 * 40 + bunch * 40)
            crowd.send(loader.functions.load(jar, 100, SECONDS, 0), "deployer", 100_000_000)
            flows += [Flow(SCALE, now, now + SECONDS)] * 100
            for time in (now, now + 1, now + SECONDS - 1, now + SECONDS):
                if time > now:
                    crowd.mine_at(time)
                due = paid * SCALE + view.call()
                assert due == claimable_scaled(flows, time) >= shown
                shown = due
            if bunch % 3 == 0:
                crowd.at(now + SECONDS + 1)
                crowd.send(crowd.escrow.functions.collect(jar, 9), "relayer")
                paid = crowd.purse("creator")
        crowd.mine_at(NOON + 2 * DAY)
        assert paid * SCALE + view.call() == LISTENERS * SECONDS * SCALE
        crowd.send(crowd.escrow.functions.collect(jar, 9), "relayer")
        assert crowd.purse("creator") == LISTENERS * SECONDS
        assert crowd.held() == 0
