from agents import Agent, ModelSettings, TResponseInputItem, Runner, RunConfig, trace, function_tool, FileSearchTool, WebSearchTool, CodeInterpreterTool
from pydantic import BaseModel

# Tool definitions
@function_tool
def find_order(order: int):
  pass

@function_tool
def opening_hours(day: str) -> str:
  """When the shop is open."""
  return "9 to 19"

file_search = FileSearchTool(
  vector_store_ids=[
    "vs_1"
  ]
)
web_search_preview = WebSearchTool(
  search_context_size="medium",
  user_location={
    "country": "DE",
    "type": "approximate"
  }
)
code_interpreter = CodeInterpreterTool(tool_config={
  "type": "code_interpreter",
  "container": {
    "type": "auto",
    "file_ids": []
  }
})

clerk = Agent(
  name="Clerk",
  instructions="You use your tools.",
  model="gpt-4.1",
  tools=[
    find_order,
    opening_hours,
    file_search,
    web_search_preview,
    code_interpreter
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
  with trace("Clerk"):
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
    clerk_result_temp = await Runner.run(
      clerk,
      input=[
        *conversation_history
      ],
      run_config=RunConfig(trace_metadata={
        "__trace_source__": "agent-builder",
        "workflow_id": "wf_1"
      })
    )

    conversation_history.extend([item.to_input_item() for item in clerk_result_temp.new_items])

    clerk_result = {
      "output_text": clerk_result_temp.final_output_as(str)
    }
    return clerk_result
