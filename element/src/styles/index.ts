import { unsafeCSS } from 'lit';

import base from './base.css?inline';
import composer from './composer.css?inline';
import files from './files.css?inline';
import history from './history.css?inline';
import items from './items.css?inline';
import markdown from './markdown.css?inline';
import menus from './menus.css?inline';
import thread from './thread.css?inline';

/** The element's stylesheets: our own files, so nothing in them needs escaping. */
export const styles = [base, thread, items, markdown, composer, files, menus, history].map((css) => unsafeCSS(css));
