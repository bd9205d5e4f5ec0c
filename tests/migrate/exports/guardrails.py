from agents import Agent, ModelSettings, TResponseInputItem, Runner, RunConfig, trace
from openai import AsyncOpenAI
from types import SimpleNamespace
from guardrails.runtime import load_config_bundle, instantiate_guardrails, run_guardrails
from pydantic import BaseModel

# Shared client for guardrails and file search
client = AsyncOpenAI()
ctx = SimpleNamespace(guardrail_llm=client)
# Guardrails definitions
jailbreak_guardrail_config = {
  "guardrails": [
    {"name": "Jailbreak", "config": {"model": "gpt-5-nano", "confidence_threshold": 0.7}}
  ]
}
def guardrails_has_tripwire(results):
    return any((hasattr(r, "tripwire_triggered") and (r.tripwire_triggered is True)) for r in (results or []))

helper = Agent(
  name="Helper",
  instructions="You help.",
  model="gpt-4.1",
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
    guardrails_input_text = workflow["input_as_text"]
    guardrails_result = await run_guardrails(ctx, guardrails_input_text, "text/plain", instantiate_guardrails(load_config_bundle(jailbreak_guardrail_config)))
    if guardrails_has_tripwire(guardrails_result):
      return {"jailbreak": {"failed": True}}
    else:
      helper_result_temp = await Runner.run(
        helper,
        input=[
          *conversation_history
        ],
        run_config=RunConfig(trace_metadata={
          "__trace_source__": "agent-builder",
          "workflow_id": "wf_1"
        })
      )

      conversation_history.extend([item.to_input_item() for item in helper_result_temp.new_items])

      helper_result = {
        "output_text": helper_result_temp.final_output_as(str)
      }
      return helper_result
