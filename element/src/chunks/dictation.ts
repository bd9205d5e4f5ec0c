export { Recorder } from '../dictation/recorder';
