import { useState } from 'react';

import { Support } from './Support';

/** A shop with a chat beside it; each changes the other. */
export function App() {
  const [basket, setBasket] = useState(0);
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);

  return (
    <div className="shop" data-theme={dark ? 'dark' : 'light'}>
      <main>
        <h1>Tea shop</h1>
        <p aria-live="polite">In your basket: {basket}</p>
        <p className="buttons">
          <button onClick={() => setBasket(basket + 1)}>Add a tin of tea</button>
          <button aria-pressed={dark} onClick={() => setDark(!dark)}>
            Dark
          </button>
        </p>
      </main>
      <Support basket={basket} dark={dark} onAdd={(tins) => setBasket((before) => before + tins)} />
    </div>
  );
}
