import type { UserMessageContent } from '@openai/chatkit';

import type { UserMessageContentInput } from '../api/wire';

/** What a user says, as the protocol wants it: a tag always carries its data there. */
export function userContent(content: string | readonly UserMessageContent[]): UserMessageContentInput[] {
  if (typeof content === 'string') return [{ type: 'input_text', text: content }];
  return content.map((part) => (part.type === 'input_tag' ? { ...part, data: part.data ?? {} } : part));
}
