"""All kinds of steps that the machine takes: importing them registers them."""

from tests.stateful import steps_gifts, steps_money, steps_sale
from tests.stateful.registry import STEPS, Act
from tests.stateful.steps_sale import series_of

__all__ = ["STEPS", "Act", "series_of", "steps_gifts", "steps_money", "steps_sale"]
