// Loaded with --import before everything else: whatever has to be in place before the first module of the server is.
import { enableCompileCache } from 'node:module';

enableCompileCache();
