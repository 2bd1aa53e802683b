// Where tests have always had them from; they are of the public entry.
export { gaussian, random } from '../api/index.js';
