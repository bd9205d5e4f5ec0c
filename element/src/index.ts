import { ChatKitElement } from './element/chatkit-element';

ChatKitElement.define();
window.ChatKit ??= { version: __VERSION__ };
