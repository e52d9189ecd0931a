"""All kinds of steps that the machine takes: importing them registers them."""

from tests.stateful.certificates import steps_gifts, steps_money, steps_sale
from tests.stateful.certificates.steps_sale import series_of
from tests.stateful.registry import STEPS, Act

__all__ = ["STEPS", "Act", "series_of", "steps_gifts", "steps_money", "steps_sale"]
