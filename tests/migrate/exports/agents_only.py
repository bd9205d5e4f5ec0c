from agents import Agent

first = Agent(
  name="First",
  instructions="You answer.",
  model="gpt-4.1"
)
