"""An openai-agents Agent with a tool: `teahouse serve --agent examples.agent:support`.

Needs a model: `OPENAI_API_KEY`, or any OpenAI-compatible one with `--base-url` and `--model`.
"""

from agents import Agent, RunContextWrapper, function_tool
from chatkit.agents import AgentContext
from chatkit.types import ProgressUpdateEvent


@function_tool
async def order_status(context: RunContextWrapper[AgentContext], order_id: str) -> str:
    """Where an order is.

    Args:
        order_id: the order's number.
    """
    await context.context.stream(ProgressUpdateEvent(icon="search", text=f"Looking for order {order_id}…"))
    return f"Order {order_id} left our warehouse this morning."


support = Agent(
    name="Support",
    instructions="You help the customers of a tea shop. Answer briefly, in the customer's language.",
    tools=[order_status],
)
