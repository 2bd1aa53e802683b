// The page begins here: it asks what there is, draws it, and listens for what comes.

import { options, render } from 'preact';
import './shell/page.css';
import './lanes/lanes.css';
import './key/key.css';
import './side/side.css';
import { hearKeys } from './shell/keyboard.js';
import { Page } from './shell/page.js';
import { begin } from './state/begin.js';
import { listen } from './state/live.js';
import { tryOut } from './whatif/asked.js';

// At most one picture for each frame of the screen, and none while nobody looks.
options.debounceRendering = requestAnimationFrame;

render(<Page />, document.body);
hearKeys();
await begin();
listen();
tryOut();
