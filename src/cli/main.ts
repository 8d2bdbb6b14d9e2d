#!/usr/bin/env node
import './engine.js';

// Not imported statically: all that is would be loaded before the engine is set up.
await import('./program.js');
