import type { ChatKitOptions } from '@openai/chatkit';

import type { Chat } from '../chat/chat';
import type { Locale, Translate } from '../i18n';
import type { ChatState } from '../state/chat';
import type { Suggestions } from './composer/suggestions';
import type { Previews } from './entity';

/** What is open or in the middle of being done, and concerns the screen alone. */
export interface LocalState {
  /** What was just copied, by turn; or could not be. */
  readonly copied: { readonly key: string; readonly done: boolean } | null;
  /** The thread in the list that is being renamed, or whose deletion waits for a yes. */
  readonly renaming: string | null;
  readonly deleting: string | null;
  /** The thread in the list that takes the focus once its renaming or deletion, or that of its neighbour, has ended. */
  readonly focused: string | null;
  /** The menu of the composer that is open. */
  readonly menu: 'tools' | 'models' | null;
  /** Whether the newest message is in sight. */
  readonly atEnd: boolean;
  /** Whether files are being dragged over the chat. */
  readonly dragging: boolean;
}

export const initialLocalState: LocalState = { copied: null, renaming: null, deleting: null, focused: null, menu: null, atEnd: true, dragging: false };

/** What a view needs beside the chat. */
export interface Screen {
  readonly options: ChatKitOptions;
  readonly t: Translate;
  readonly locale: Locale;
  readonly local: LocalState;
  setLocal(change: Partial<LocalState>): void;
  /** A link was followed; `true` when it was one of the chat's own and nothing should open. */
  followLink(href: string): boolean;
  /** Where an address leads that the server sent. */
  readonly address: (href: string) => string;
  /** What can be mentioned or done while one types. */
  readonly suggestions: Suggestions;
  /** What the page says of the entity that is pointed at. */
  readonly previews: Previews;
  /** The options as they are now, for what is done later: what is drawn may be of earlier ones. */
  readonly current: () => ChatKitOptions;
  focusComposer(): void;
  scrollToEnd(): void;
}

/** What every view is given. Views are functions: state in, template out; what the reader does goes to the chat. */
export interface Ui extends Screen {
  readonly chat: Chat;
  readonly state: ChatState;
}
