/** npm's `prepare`: `npm install -g .` links the checkout and installs nothing, so this does the rest. */
import { build, install } from './set-up.js';

install();
build();
