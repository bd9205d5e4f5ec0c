export { highlight } from '../markdown/highlight';
