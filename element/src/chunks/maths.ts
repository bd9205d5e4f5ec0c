import { useFonts } from '../markdown/maths';

export { styleSheet, typeset } from '../markdown/maths';

useFonts(import.meta.url);
