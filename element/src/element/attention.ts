/** Who wants to know whether anybody looks at the page, and whether there is a network. */
export interface Attentive {
  attend(attended: boolean): void;
  networkChanged(online: boolean): void;
}

/** Tells of both, now and whenever they change, until the signal ends it. */
export function payAttention(to: Attentive, signal: AbortSignal): void {
  const look = () => to.attend(document.visibilityState === 'visible');
  look();
  document.addEventListener('visibilitychange', look, { signal });
  window.addEventListener('online', () => to.networkChanged(true), { signal });
  window.addEventListener('offline', () => to.networkChanged(false), { signal });
}
