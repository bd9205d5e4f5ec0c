from agents import Agent, ModelSettings, TResponseInputItem, Runner, RunConfig, trace, RunContextWrapper
from pydantic import BaseModel


class HostContext:
  def __init__(self, state_language: str):
    self.state_language = state_language

def host_instructions(run_context: RunContextWrapper[HostContext], _agent: Agent[HostContext]):
  state_language = run_context.context.state_language
  return f"""You answer in {state_language}."""

host = Agent(
  name="Host",
  instructions=host_instructions,
  model="gpt-4.1",
  model_settings=ModelSettings(
    store=True
  )
)


class WorkflowInput(BaseModel):
  input_as_text: str


# Main code entrypoint
async def run_workflow(workflow_input: WorkflowInput):
  with trace("Host"):
    state = {
      "language": "French"
    }
    workflow = workflow_input.model_dump()
    conversation_history: list[TResponseInputItem] = [
      {
        "role": "user",
        "content": [
          {
            "type": "input_text",
            "text": workflow["input_as_text"]
          }
        ]
      }
    ]
    host_result_temp = await Runner.run(
      host,
      input=[
        *conversation_history
      ],
      run_config=RunConfig(trace_metadata={
        "__trace_source__": "agent-builder",
        "workflow_id": "wf_1"
      }),
      context=HostContext(state_language=state["language"])
    )

    conversation_history.extend([item.to_input_item() for item in host_result_temp.new_items])

    host_result = {
      "output_text": host_result_temp.final_output_as(str)
    }
    return host_result
