/** The part of a keyboard event that decides. */
export type KeyPress = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'altKey' | 'metaKey' | 'isComposing' | 'keyCode' | 'timeStamp'>;

/** How long after a composition Safari may still deliver the Enter that ended it (WebKit bug 165004), in ms. */
const COMPOSITION_TAIL = 50;

/**
 * Tells the Enter that sends from all others. Input methods use Enter to take over what was composed, and browsers
 * report that one in three ways: as part of the composition, with the key code 229, or, Safari, after its end.
 */
export class SendKey {
  #compositionEnded = Number.NEGATIVE_INFINITY;

  /** To be told of each `compositionend`, with its time stamp. */
  compositionEnded(timeStamp: number): void {
    this.#compositionEnded = timeStamp;
  }

  /** Whether this key sends the message. */
  sends(press: KeyPress): boolean {
    if (press.key !== 'Enter' || press.shiftKey || press.altKey || press.ctrlKey || press.metaKey) return false;
    // Deprecated, and the only sign some browsers give.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (press.isComposing || press.keyCode === 229) return false;
    return press.timeStamp - this.#compositionEnded > COMPOSITION_TAIL;
  }
}
