import type { ChatKitOptions, ModelOption, ToolOption } from '@openai/chatkit';

import type { ChatState } from './chat';

/** What the reader chose in the composer, as far as the page still offers it. */
export interface Choices {
  readonly tool: ToolOption | null;
  readonly model: ModelOption | null;
}

/** The tool that was selected, and the model: the one selected, else the page's default, else the first there is. */
export function choicesIn({ toolId, modelId }: ChatState, { composer }: ChatKitOptions): Choices {
  const tools = composer?.tools ?? [];
  const models = (composer?.models ?? []).filter(({ disabled }) => !disabled);
  return {
    tool: tools.find(({ id }) => id === toolId) ?? null,
    model: models.find(({ id }) => id === modelId) ?? models.find((model) => model.default) ?? models[0] ?? null,
  };
}
