"""All kinds of steps that the machine of the jars takes: importing them registers them."""

from tests.stateful.jars import steps_members, steps_streams
from tests.stateful.jars.steps_streams import JAR_STEPS

__all__ = ["JAR_STEPS", "steps_members", "steps_streams"]
