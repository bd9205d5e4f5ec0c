import type { IconNode } from 'lucide';
import {
  ArrowDown,
  ArrowUp,
  AtSign,
  BookOpen,
  Bug,
  Check,
  ChevronDown,
  CircleAlert,
  CircleCheck,
  CircleQuestionMark,
  Compass,
  Copy,
  ExternalLink,
  FileSpreadsheet,
  FileText,
  Image,
  Mic,
  Paperclip,
  Globe,
  History,
  Info,
  Lightbulb,
  Pencil,
  Reply,
  RotateCcw,
  Search,
  SlidersHorizontal,
  Sparkle,
  Sparkles,
  Square,
  SquarePen,
  ThumbsDown,
  ThumbsUp,
  Trash,
  TriangleAlert,
  X,
  Zap,
} from 'lucide';

/** An icon's shapes, and whether they are filled rather than drawn. */
export interface Icon {
  readonly shapes: IconNode;
  readonly filled?: boolean;
}

/** The icons of the element's own controls. */
const own = {
  'ui:copy': { shapes: Copy },
  'ui:copied': { shapes: Check },
  'ui:good': { shapes: ThumbsUp },
  'ui:bad': { shapes: ThumbsDown },
  'ui:good-chosen': { shapes: ThumbsUp, filled: true },
  'ui:bad-chosen': { shapes: ThumbsDown, filled: true },
  'ui:retry': { shapes: RotateCcw },
  'ui:send': { shapes: ArrowUp },
  'ui:stop': { shapes: Square, filled: true },
  'ui:down': { shapes: ArrowDown },
  'ui:more': { shapes: ChevronDown },
  'ui:close': { shapes: X },
  'ui:new': { shapes: SquarePen },
  'ui:history': { shapes: History },
  'ui:rename': { shapes: Pencil },
  'ui:delete': { shapes: Trash },
  'ui:error': { shapes: CircleAlert },
  'ui:warning': { shapes: TriangleAlert },
  'ui:info': { shapes: Info },
  'ui:external': { shapes: ExternalLink },
  'ui:file': { shapes: FileText },
  'ui:done': { shapes: Check },
  'ui:attach': { shapes: Paperclip },
  'ui:sheet': { shapes: FileSpreadsheet },
  'ui:image': { shapes: Image },
  'ui:dictate': { shapes: Mic },
  'ui:tools': { shapes: SlidersHorizontal },
  'ui:reply': { shapes: Reply },
  'ui:mention': { shapes: AtSign },
} as const satisfies Record<string, Icon>;

/** Names of the options that are common on a start screen, so that it is drawn without waiting. */
const common = {
  'book-open': { shapes: BookOpen },
  bolt: { shapes: Zap },
  bug: { shapes: Bug },
  check: { shapes: Check },
  'check-circle': { shapes: CircleCheck },
  'circle-question': { shapes: CircleQuestionMark },
  compass: { shapes: Compass },
  document: { shapes: FileText },
  globe: { shapes: Globe },
  info: { shapes: Info },
  lightbulb: { shapes: Lightbulb },
  search: { shapes: Search },
  sparkle: { shapes: Sparkle },
  'sparkle-double': { shapes: Sparkles },
  history: { shapes: History },
  compose: { shapes: SquarePen },
  close: { shapes: X },
} as const satisfies Record<string, Icon>;

export type OwnIcon = keyof typeof own;

/** The icons inside chatkit.js; all others come with the chunk `icons`. */
export const coreIcons: Readonly<Record<string, Icon>> = { ...own, ...common };
