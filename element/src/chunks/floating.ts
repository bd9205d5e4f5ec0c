export { computePosition, flip, offset, shift } from '@floating-ui/dom';
