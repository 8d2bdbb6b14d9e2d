#!/usr/bin/env node
import { setUpForCommand } from './engine.js';

setUpForCommand();
// Not imported statically: it would be loaded, and all it imports, before the engine is set up.
await import('./program.js');
