from agents import Agent, GuardrailFunctionOutput, InputGuardrail, ModelSettings, TResponseInputItem, Runner, RunConfig, trace
from pydantic import BaseModel


async def no_secrets(context, agent, given):
  return GuardrailFunctionOutput(output_info=None, tripwire_triggered="password" in str(given))

guarded = Agent(
  name="Guarded",
  instructions="You keep secrets.",
  model="gpt-4.1",
  input_guardrails=[
    InputGuardrail(guardrail_function=no_secrets)
  ],
  model_settings=ModelSettings(
    temperature=1,
    top_p=1,
    max_tokens=2048,
    store=True
  )
)


class WorkflowInput(BaseModel):
  input_as_text: str


# Main code entrypoint
async def run_workflow(workflow_input: WorkflowInput):
  with trace("Guarded"):
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
    guarded_result_temp = await Runner.run(
      guarded,
      input=[
        *conversation_history
      ],
      run_config=RunConfig(trace_metadata={
        "__trace_source__": "agent-builder",
        "workflow_id": "wf_1"
      })
    )

    conversation_history.extend([item.to_input_item() for item in guarded_result_temp.new_items])

    guarded_result = {
      "output_text": guarded_result_temp.final_output_as(str)
    }
    return guarded_result
