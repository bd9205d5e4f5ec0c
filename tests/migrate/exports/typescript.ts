import { Agent, AgentInputItem, Runner, withTrace } from "@openai/agents";

const host = new Agent({
  name: "Host",
  instructions: "You answer.",
  model: "gpt-4.1"
});

type WorkflowInput = { input_as_text: string };

export const runWorkflow = async (workflow: WorkflowInput) => {
  return await withTrace("Host", async () => {});
}
