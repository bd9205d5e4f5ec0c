from agents import Agent, ModelSettings, TResponseInputItem, Runner, RunConfig, trace
from pydantic import BaseModel


class OrderSchema(BaseModel):
  order: str
  urgent: bool

extract = Agent(
  name="Extract",
  instructions="You read orders.",
  model="gpt-4.1",
  output_type=OrderSchema,
  model_settings=ModelSettings(
    temperature=1,
    top_p=1,
    max_tokens=2048,
    store=True
  )
)

answer = Agent(
  name="Answer",
  instructions="You answer with what was read.",
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
  with trace("Orders"):
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
    extract_result_temp = await Runner.run(
      extract,
      input=[
        *conversation_history
      ],
      run_config=RunConfig(trace_metadata={
        "__trace_source__": "agent-builder",
        "workflow_id": "wf_1"
      })
    )

    conversation_history.extend([item.to_input_item() for item in extract_result_temp.new_items])

    extract_result = {
      "output_text": extract_result_temp.final_output.model_dump_json(),
      "output_parsed": extract_result_temp.final_output.model_dump()
    }
    answer_result_temp = await Runner.run(
      answer,
      input=[
        *conversation_history
      ],
      run_config=RunConfig(trace_metadata={
        "__trace_source__": "agent-builder",
        "workflow_id": "wf_1"
      })
    )

    conversation_history.extend([item.to_input_item() for item in answer_result_temp.new_items])

    answer_result = {
      "output_text": answer_result_temp.final_output_as(str)
    }
    return answer_result
