import type { Attachment, FeedbackKind, ThreadMetadata, UserMessageContentInput } from '../api/wire';
import type { DictationState } from '../dictation/dictation';
import { idleDictation } from '../dictation/dictation';
import type { MessageKey } from '../i18n';
import type { Conversation, Failure } from './conversation';
import { newConversation } from './conversation';
import type { Draft } from './draft';
import { emptyDraft } from './draft';
import type { History } from './history';
import { emptyHistory } from './history';

/** What the chat is doing with the thread on show. */
export type Activity =
  | 'idle'
  /** The thread is being loaded. */
  | 'loading'
  /** The thread could not be loaded. */
  | 'failed'
  /** A message was sent; nothing of the answer is here yet. */
  | 'waiting'
  /** The answer is arriving. */
  | 'answering';

/** Something a screen reader says once: a text of the element, then perhaps one of the conversation. */
export interface Announcement {
  readonly key: MessageKey;
  readonly text?: string;
}

/** A message that will be sent when it can be. */
export interface WaitingMessage {
  readonly key: number;
  readonly content: readonly UserMessageContentInput[];
  readonly quotedText?: string | undefined;
  readonly attachments: readonly Attachment[];
}

/** All that is drawn. Replaced, never changed. */
export interface ChatState {
  /** The thread on show, known before it is loaded; `null` for a new one. */
  readonly threadId: string | null;
  readonly activity: Activity;
  readonly conversation: Conversation;
  /** How many turns the reader has begun here: each is brought into view. */
  readonly turnsBegun: number;
  /** Asks for the page before the items that are here; `null` when all are. */
  readonly earlier: string | null;
  readonly loadingEarlier: boolean;
  readonly loadFailure: Failure | null;
  /** Whether the connection broke and is being made anew. */
  readonly connectionLost: boolean;
  /** In the order in which they will be sent. */
  readonly waiting: readonly WaitingMessage[];
  readonly history: History;
  readonly historyOpen: boolean;
  /** What is in the composer, by thread; the new thread's is under ''. */
  readonly drafts: Readonly<Record<string, Draft>>;
  /** What is selected in the composer, by id: it stays from thread to thread. */
  readonly toolId: string | null;
  readonly modelId: string | null;
  readonly feedback: Readonly<Record<string, FeedbackKind>>;
  readonly announcement: Announcement | null;
  readonly dictation: DictationState;
}

export const initialState: ChatState = {
  threadId: null,
  activity: 'idle',
  conversation: newConversation,
  turnsBegun: 0,
  earlier: null,
  loadingEarlier: false,
  loadFailure: null,
  connectionLost: false,
  waiting: [],
  history: emptyHistory,
  historyOpen: false,
  drafts: {},
  toolId: null,
  modelId: null,
  feedback: {},
  announcement: null,
  dictation: idleDictation,
};

/** What is in the composer for the thread on show. */
export function draftOf(state: ChatState): Draft {
  return state.drafts[state.threadId ?? ''] ?? emptyDraft;
}

/** The drafts with another for the thread on show. */
export function withDraft(state: ChatState, draft: Draft): ChatState['drafts'] {
  return { ...state.drafts, [state.threadId ?? '']: draft };
}

/** The drafts with one thread's given to another that has none. */
export function moveDraft(drafts: ChatState['drafts'], from: string | null, to: string | null): ChatState['drafts'] {
  const { [from ?? '']: draft, ...rest } = drafts;
  return draft ? { [to ?? '']: draft, ...rest } : rest;
}

/** Whether a turn is under way. */
export function isBusy({ activity }: ChatState): boolean {
  return activity === 'waiting' || activity === 'answering';
}

/** Why the thread takes no messages: its own reason or, where it gives none, which kind of closed it is. */
export function closedReason(
  thread: ThreadMetadata | null,
): { readonly kind: 'locked' | 'closed'; readonly reason: string | undefined } | null {
  const status = thread?.status;
  if (!status || status.type === 'active') return null;
  return { kind: status.type, reason: status.reason ?? undefined };
}
