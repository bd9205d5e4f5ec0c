from agents import Agent, ModelSettings, TResponseInputItem, Runner, RunConfig, trace
from pydantic import BaseModel


class ClassifySchema(BaseModel):
  category: str

classify = Agent(
  name="Classify",
  instructions="You say what is wanted.",
  model="gpt-4.1",
  output_type=ClassifySchema,
  model_settings=ModelSettings(
    temperature=1,
    top_p=1,
    max_tokens=2048,
    store=True
  )
)

seller = Agent(
  name="Seller",
  instructions="You sell tea.",
  model="gpt-4.1",
  model_settings=ModelSettings(
    temperature=1,
    top_p=1,
    max_tokens=2048,
    store=True
  )
)

brewer = Agent(
  name="Brewer",
  instructions="You brew tea.",
  model="gpt-4.1",
  model_settings=ModelSettings(
    temperature=1,
    top_p=1,
    max_tokens=2048,
    store=True
  )
)


def approval_request(message: str):
  # TODO: Implement
  return True


class WorkflowInput(BaseModel):
  input_as_text: str


# Main code entrypoint
async def run_workflow(workflow_input: WorkflowInput):
  with trace("Tea house"):
    state = {
      "rounds": 0,
      "wanted": None
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
    classify_result_temp = await Runner.run(
      classify,
      input=[
        *conversation_history
      ],
      run_config=RunConfig(trace_metadata={
        "__trace_source__": "agent-builder",
        "workflow_id": "wf_1"
      })
    )

    conversation_history.extend([item.to_input_item() for item in classify_result_temp.new_items])

    classify_result = {
      "output_text": classify_result_temp.final_output.model_dump_json(),
      "output_parsed": classify_result_temp.final_output.model_dump()
    }
    state["wanted"] = classify_result["output_parsed"]["category"]
    if state["wanted"] == "buy":
      seller_result_temp = await Runner.run(
        seller,
        input=[
          *conversation_history
        ],
        run_config=RunConfig(trace_metadata={
          "__trace_source__": "agent-builder",
          "workflow_id": "wf_1"
        })
      )

      conversation_history.extend([item.to_input_item() for item in seller_result_temp.new_items])

      seller_result = {
        "output_text": seller_result_temp.final_output_as(str)
      }
      return seller_result
    else:
      while (state["rounds"] < 2):
        brewer_result_temp = await Runner.run(
          brewer,
          input=[
            *conversation_history
          ],
          run_config=RunConfig(trace_metadata={
            "__trace_source__": "agent-builder",
            "workflow_id": "wf_1"
          })
        )

        conversation_history.extend([item.to_input_item() for item in brewer_result_temp.new_items])

        brewer_result = {
          "output_text": brewer_result_temp.final_output_as(str)
        }
        state["rounds"] = state["rounds"] + 1
      approval_message = "Shall we?"

      if approval_request(approval_message):
        return brewer_result
      else:
        return {"output_text": "Then not."}
