import { ChatKitElement } from './element/chatkit-element';

// The loader asks for another name where OpenAI's element has taken the usual one.
ChatKitElement.define((document.currentScript as HTMLScriptElement | null)?.dataset.tag);
window.ChatKit ??= { version: __VERSION__ };
