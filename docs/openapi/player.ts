import type { OperationExample } from '../../src/http/openapi/operation-example.js';
import type { TestService } from '../../test/http/service.js';
import { Normaliser } from '../callback/normalise.js';
import { tidy } from './render-examples.js';

interface Route {
  readonly method: string;
  readonly path: string;
}

type Request = Pick<OperationExample, 'parameters' | 'body'>;

/** Lines of a scrape with the product's own metrics, as many as an example needs. */
const METRIC_LINES = 6;

/** Calls operations by their id and stores each exchange as an example. */
export class Player {
  readonly examples = new Map<string, OperationExample>();
  private readonly normaliser = new Normaliser(new Set());

  private constructor(
    private readonly service: TestService,
    private readonly routes: ReadonlyMap<string, Route>,
  ) {}

  static async create(service: TestService): Promise<Player> {
    const { body } = await service.call('GET', '/docs/json');
    const paths = body['paths'] as Record<string, Record<string, { operationId: string }>>;
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]): [string, Route] => [operationId, { method, path }]),
    );
    return new Player(service, new Map(routes));
  }

  /** @throws when the answer is an error */
  async play(operationId: string, request: Request = {}): Promise<Record<string, unknown>> {
    const route = this.routes.get(operationId);
    if (route === undefined) throw new Error(`there is no operation ${operationId}`);
    const { parameters = {}, body } = request;
    const answer = await this.service.call(route.method.toUpperCase(), toAddress(route.path, parameters), { body });
    if (answer.status >= 300) throw new Error(`${operationId} was answered with ${answer.status}: ${answer.text}`);
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    const shown = isJson ? tidy(answer.body, this.normaliser) : this.tidyText(answer.text);
    const asked = tidy(request, this.normaliser) as Request;
    this.examples.set(operationId, { ...asked, status: answer.status, answer: shown });
    return answer.body;
  }

  async refusal(): Promise<unknown> {
    const { body } = await this.service.call('GET', '/health?verbose=1');
    return body;
  }

  /** A scrape, or events with one line of JSON each. */
  private tidyText(text: string): string {
    const metrics = text.split('\n').filter((line) => /^(# (HELP|TYPE) )?tickstock_/.test(line));
    if (metrics.length > 0) return `${metrics.slice(0, METRIC_LINES).join('\n')}\n`;
    const lines = text.split('\n').map((line) => {
      const [, data] = /^data: (.*)$/.exec(line) ?? [];
      if (data === undefined) return this.normaliser.text(line);
      return `data: ${JSON.stringify(tidy(JSON.parse(data), this.normaliser))}`;
    });
    return lines.join('\n');
  }
}

/** The path with its parameters filled in, the rest as the query. */
function toAddress(path: string, parameters: Readonly<Record<string, string | number>>): string {
  const query = new URLSearchParams();
  let address = path;
  for (const [name, value] of Object.entries(parameters)) {
    if (address.includes(`{${name}}`)) address = address.replace(`{${name}}`, encodeURIComponent(value));
    else query.set(name, String(value));
  }
  return query.size === 0 ? address : `${address}?${query.toString()}`;
}
