from agents import Agent, ModelSettings, TResponseInputItem, Runner, RunConfig, trace, HostedMCPTool
from pydantic import BaseModel

# Tool definitions
mcp = HostedMCPTool(tool_config={
  "type": "mcp",
  "server_label": "shop",
  "allowed_tools": [
    "search"
  ],
  "require_approval": "always",
  "server_url": "https://mcp.shop.example/mcp"
})
mcp1 = HostedMCPTool(tool_config={
  "type": "mcp",
  "server_label": "gmail",
  "connector_id": "connector_gmail",
  "require_approval": "never",
  "authorization": "{\"expression\":\"\\\"\\\"\",\"format\":\"cel\"}"
})

mailer = Agent(
  name="Mailer",
  instructions="You read the mail.",
  model="gpt-4.1",
  tools=[
    mcp,
    mcp1
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
  with trace("Mail"):
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
    mailer_result_temp = await Runner.run(
      mailer,
      input=[
        *conversation_history
      ],
      run_config=RunConfig(trace_metadata={
        "__trace_source__": "agent-builder",
        "workflow_id": "wf_1"
      })
    )

    conversation_history.extend([item.to_input_item() for item in mailer_result_temp.new_items])

    mailer_result = {
      "output_text": mailer_result_temp.final_output_as(str)
    }
    return mailer_result
