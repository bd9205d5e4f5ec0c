import type { WidgetRoot } from '../api/wire';

/**
 * Widgets are trees of plain objects. What streams into one is applied to whichever component carries the id;
 * unknown components pass through, for servers may send ones this version cannot draw.
 */

type Tree = Readonly<Record<string, unknown>>;

/** The keys under which components hold others, or text that a person reads. */
const TEXT_KEYS = ['value', 'label', 'title', 'text', 'caption', 'placeholder'] as const;

/** The widget with `delta` appended to the value of the component `id`. */
export function appendWidgetText(widget: WidgetRoot, id: string, delta: string): WidgetRoot {
  return mapComponent(widget, id, (component) => {
    const value = typeof component.value === 'string' ? component.value : '';
    return { ...component, value: value + delta };
  }) as WidgetRoot;
}

/** The widget with the component `id` replaced. */
export function replaceWidgetComponent(widget: WidgetRoot, id: string, replacement: unknown): WidgetRoot {
  return mapComponent(widget, id, () => replacement) as WidgetRoot;
}

/** What a person would read in a widget, a line for each piece of text. */
export function widgetText(widget: WidgetRoot): string[] {
  const lines: string[] = [];
  collectText(widget, lines);
  return lines;
}

function mapComponent(node: unknown, id: string, change: (component: Tree) => unknown): unknown {
  if (Array.isArray(node)) return mapArray(node, id, change);
  if (!isTree(node)) return node;
  if (node.id === id && typeof node.type === 'string') return change(node);
  for (const [key, value] of Object.entries(node)) {
    const mapped = mapComponent(value, id, change);
    if (mapped !== value) return { ...node, [key]: mapped };
  }
  return node;
}

function mapArray(nodes: readonly unknown[], id: string, change: (component: Tree) => unknown): unknown {
  for (const [index, value] of nodes.entries()) {
    const mapped = mapComponent(value, id, change);
    if (mapped !== value) return nodes.with(index, mapped);
  }
  return nodes;
}

function collectText(node: unknown, lines: string[]): void {
  if (Array.isArray(node)) {
    for (const child of node) collectText(child, lines);
    return;
  }
  if (!isTree(node)) return;
  for (const key of TEXT_KEYS) {
    const text = node[key];
    if (typeof text === 'string' && text.trim() !== '') lines.push(text);
  }
  for (const child of Object.values(node)) collectText(child, lines);
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null;
}
