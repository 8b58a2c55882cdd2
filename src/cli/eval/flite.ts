import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type WavAudio, readWav } from '../../audio/wav.js';
