import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'rolldown';
import { hashYaml, readYamlFile } from './src/config/yaml-file.js';

/** Fills `PARSED_YAML`. */
const shippedConfig: Plugin = {
  name: 'shipped-config',
  load: {
    filter: { id: /src\/config\/parsed-yaml\.ts$/ },
    handler() {
      const files = readdirSync('config').filter((name) => name.endsWith('.yaml'));
      const parsed = files.map((name) => {
        const path = join('config', name);
        this.addWatchFile(path);
        return [hashYaml(readFileSync(path, 'utf8')), readYamlFile(path).values];
      });
      return `export const PARSED_YAML = new Map(${JSON.stringify(parsed)});`;
    },
  },
};

/** Text outside ASCII as escapes: with one such character, V8 keeps a file of 2 MB in two bytes a character and takes longer to parse it. */
const asciiOnly: Plugin = {
  name: 'ascii-only',
  generateBundle(_, bundle) {
    const toEscape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
    for (const file of Object.values(bundle)) {
      if (file.type === 'chunk') file.code = file.code.replace(/[^\0-\x7f]/g, toEscape);
    }
  },
};

/**
 * The command in a few files: Node takes longer to find and open a thousand modules than to run them. Each command loads what it needs.
 * The library is not bundled: a host has one copy of each package.
 */
export default defineConfig({
  input: { main: 'src/cli/main.ts' },
  platform: 'node',
  tsconfig: 'tsconfig.json',
  // `serve` alone needs most of these; some read files of their own package or start workers from them.
  external: [/^fastify/, /^@fastify\//, 'pino', 'prom-client', 'pg-native', 'i18n-iso-countries'],
  // pg looks for Cloudflare by making a Response: on Node 20 that loads the whole of fetch, which nothing else here uses.
  transform: { define: { Response: 'undefined' } },
  plugins: [shippedConfig, asciiOnly],
  output: { dir: 'dist/cli', cleanDir: true, format: 'esm', chunkFileNames: '[name].js' },
  logLevel: 'warn',
});
