import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_GRACE } from '../engine/src/compose/container.js';
import { imagesOf, pinned } from '../scripts/lib/images.mjs';

const ROOT = resolve(import.meta.dirname, '..');

interface Service {
  image: string;
  command: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  networks: string[];
  hostname?: string;
  container_name?: string;
  user?: string;
  read_only?: boolean;
  tmpfs?: string[];
  healthcheck: { test: string[] };
  stop_grace_period?: string;
  profiles?: string[];
  depends_on?: Record<string, { condition: string }>;
  deploy: { resources: { limits: { memory: string }; reservations: { memory: string } } };
  [key: string]: unknown;
}

const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const text = read('docker-compose.yml');
const stack: { services: Record<string, Service>; volumes: Record<string, unknown>; networks: Record<string, unknown> } = parse(
  text,
  {
    merge: true,
  },
);
const services = Object.entries(stack.services);
/** What starts without being asked for. */
const core = services.filter(([, { profiles }]) => profiles === undefined);
const ENGINES = ['ingest', 'detect', 'uav'];
const engines = services.filter(([name]) => ENGINES.includes(name));
const named = (pattern: RegExp, where: string) => new Set([...where.matchAll(pattern)].map((match) => match[1]!));
const uncommented = (yaml: string) => yaml.replace(/^\s*#.*$/gm, '');
const mebibytes = (memory: string) => {
  expect(memory).toMatch(/^\d+M$/);
  return Number.parseInt(memory, 10);
};
const mounts = services.flatMap(([name, { volumes = [] }]) =>
  volumes.map((volume) => {
    const [source, target, mode] = volume.split(':') as [string, string, string?];
    return { name, source, target, mode };
  }),
);
const binds = mounts.filter(({ source }) => source.startsWith('./'));

describe('docker-compose.yml', () => {
  it('runs the six parts of the stack, and watches vehicles where asked to', () => {
    expect(services.filter((one) => !core.includes(one)).map(([name, { profiles }]) => [name, profiles])).toEqual([
      ['uav', ['uav']],
    ]);
    expect(core.map(([name]) => name).sort()).toEqual(['detect', 'grafana', 'ingest', 'prometheus', 'redpanda', 'timescaledb']);
  });

  it('limits the memory of each container, to a sum that the comment states and 4 GiB can hold beside an operating system', () => {
    const limits = core.map(([, { deploy }]) => mebibytes(deploy.resources.limits.memory));
    const sum = limits.reduce((a, b) => a + b, 0);
    expect(sum).toBeLessThanOrEqual(4096 - 512);
    // Beside the market the profile takes of what remains.
    const all = services.map(([, { deploy }]) => mebibytes(deploy.resources.limits.memory)).reduce((a, b) => a + b, 0);
    expect(all).toBeLessThanOrEqual(4096 - 512);
    expect(text).toContain(`= ${sum} of 4096`);
    for (const [name, { deploy }] of services) {
      expect(text, name).toContain(`${name} ${mebibytes(deploy.resources.limits.memory)} `);
      expect(mebibytes(deploy.resources.reservations.memory), name).toBeLessThan(mebibytes(deploy.resources.limits.memory));
    }
  });

  it('leaves an engine memory beside its JavaScript heap, and Redpanda beside its own', () => {
    const limit = (name: string) => mebibytes(stack.services[name]!.deploy.resources.limits.memory);
    for (const [name, { environment }] of engines) {
      const heap = Number(environment!.NODE_OPTIONS!.match(/^--max-old-space-size=(\d+)$/)![1]);
      expect(limit(name) - heap, name).toBeGreaterThanOrEqual(96);
    }
    const redpanda = mebibytes(stack.services.redpanda!.command.find((flag) => flag.startsWith('--memory='))!.split('=')[1]!);
    expect(limit('redpanda') - redpanda).toBeGreaterThanOrEqual(256);
  });

  it('names every image of others by a full version, and by its digest once that was looked up', () => {
    for (const [name, { image }] of services) {
      if (ENGINES.includes(name)) expect(image).toBe('${QUANTSTREAM_IMAGE:-quantstream:local}');
      else expect(image, name).toMatch(/:v?\d+\.\d+\.\d+(-pg\d+)?(@sha256:[0-9a-f]{64})?$/);
    }
  });

  it('publishes ports to this machine alone, but for the vehicles, and Grafana where somebody asks', () => {
    for (const [name, { ports = [] }] of services) {
      for (const port of ports) {
        if (name === 'grafana') expect(port).toBe('${GRAFANA_ADDRESS:-127.0.0.1}:3000:3000');
        else if (name === 'uav') expect(port).toBe('14550:14550/udp');
        else expect(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
      }
    }
    expect(read('.env.example')).toMatch(/^GRAFANA_ADDRESS=127\.0\.0\.1$/m);
  });

  it('restarts, watches, confines and bounds the log of every container', () => {
    for (const [name, service] of services) {
      expect(service.restart, name).toBe('unless-stopped');
      expect(service.healthcheck.test[0], name).toBe('CMD');
      expect(service.security_opt, name).toContain('no-new-privileges:true');
      expect(service.cap_drop, name).toEqual(['ALL']);
      expect(service.hostname, name).toBe(name);
      expect(service.logging, name).toEqual({ driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } });
    }
  });

  it('lets no file system be written but that of the broker, which says why not, and temporary folders in memory', () => {
    for (const [name, { read_only, tmpfs = [] }] of services) {
      expect(read_only ?? false, name).toBe(name !== 'redpanda');
      for (const folder of tmpfs) expect(folder, name).toMatch(/:size=\d+m,mode=1777$/);
    }
    expect(text).toMatch(/Not read_only: .*\n {2}redpanda:/);
    // As root it would need the rights that are dropped.
    expect(stack.services.timescaledb!.user).toBe('postgres');
  });

  it('lets no engine have a double, which would take its state under the same host name', () => {
    for (const [name, { container_name }] of engines) expect(container_name).toBe(`quantstream-${name}`);
    const volumes = engines.map(([, service]) => service.volumes!.find((volume) => volume.endsWith(':/data')));
    expect(new Set(volumes).size).toBe(engines.length);
  });

  it('lets the engines into the database as a role of their own, which its scripts make', () => {
    for (const name of ['detect', 'uav']) {
      const url = stack.services[name]!.environment!.DATABASE_URL!.replace(/:\?[^}]+/, '');
      expect(url, name).toBe('postgresql://quantstream_engine:${QUANTSTREAM_ENGINE_PASSWORD}@timescaledb:5432/quantstream');
    }
    for (const [name, { environment = {} }] of services)
      if (name !== 'timescaledb') expect(Object.keys(environment), name).not.toContain('POSTGRES_PASSWORD');
    const scripts = binds.filter(({ target }) => target.startsWith('/docker-entrypoint-initdb.d/'));
    // The role that owns the tables first: the other may read what it will make.
    expect(scripts.map(({ target }) => target.split('/').at(-1))).toEqual(['050_engine.sql', '100_grafana_reader.sql']);
    for (const { source } of scripts)
      for (const variable of named(/^\\getenv \w+ (\w+)$/gm, read(source)))
        expect(Object.keys(stack.services.timescaledb!.environment!), source).toContain(variable);
  });

  it('gives the engines no right that they do not need, and more time to stop than they take', () => {
    for (const [name, service] of engines) {
      expect(service, name).toMatchObject({ read_only: true, cap_drop: ['ALL'], user: '1000:1000', init: true });
      expect(Number.parseInt(service.stop_grace_period!, 10) * 1_000, name).toBeGreaterThanOrEqual(DEFAULT_GRACE + 5_000);
      // Where /ready is false, restarting does not help.
      expect(service.healthcheck.test.join(' '), name).toContain('/live');
    }
    expect(read('Dockerfile')).toContain('USER 1000:1000');
  });

  it('keeps detect and its verdicts away from the internet', () => {
    expect(stack.networks.internal).toEqual({ internal: true });
    expect(stack.services.detect!.networks).toEqual(['internal']);
    for (const [name, { networks }] of services) expect(networks, name).toContain('internal');
  });

  it('mounts only what exists, and nothing of the checkout to be written', () => {
    for (const { name, source, mode } of binds) {
      expect(existsSync(join(ROOT, source)), `${name} mounts ${source}`).toBe(true);
      expect(mode, `${name} mounts ${source}`).toBe('ro');
    }
    const volumes = mounts.filter(({ source }) => !source.startsWith('./')).map(({ source }) => source);
    expect(volumes.sort()).toEqual(Object.keys(stack.volumes).sort());
  });

  it('does not hide the init scripts of the TimescaleDB image', () => {
    const init = binds.filter(({ target }) => target.startsWith('/docker-entrypoint-initdb.d'));
    expect(init.length).toBeGreaterThan(0);
    for (const { source } of init) expect(statSync(join(ROOT, source)).isFile(), source).toBe(true);
  });

  it('waits only for services that have a health check', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        expect(stack.services[other]?.healthcheck, `${name} → ${other}`).toBeDefined();
        expect(condition).toBe('service_healthy');
      }
    }
  });
});

describe('variables', () => {
  const offered = named(/^([A-Z_]+)=/gm, read('.env.example'));

  it('of docker-compose.yml are those of .env.example, and each has a default or a sentence', () => {
    const used = [...uncommented(text).matchAll(/\$\{([A-Z_]+)(:[-?][^}]+)?\}/g)];
    expect(new Set(used.map((match) => match[1]))).toEqual(offered);
    for (const [whole, , rest] of used) expect(rest, whole).toBeDefined();
  });

  it('of the pipeline that runs are set for the engines', () => {
    const pipelines = ['btc.yaml', 'btc-stack.yaml'].map((file) => uncommented(read('pipelines', file))).join('\n');
    for (const variable of named(/\$\{([A-Z_]+)/g, pipelines)) {
      expect(Object.keys(stack.services.detect!.environment!)).toContain(variable);
      // ingest opens no database, so it does not learn the password.
      if (variable !== 'DATABASE_URL') expect(Object.keys(stack.services.ingest!.environment!)).toContain(variable);
    }
    expect(stack.services.ingest!.environment).not.toHaveProperty('DATABASE_URL');
  });

  it('of the UAV pipeline are set for its engine', () => {
    for (const variable of named(/\$\{([A-Z_]+)/g, uncommented(read('pipelines', 'uav.yaml'))))
      expect(Object.keys(stack.services.uav!.environment!)).toContain(variable);
  });

  it('of the provisioning of Grafana are set for it', () => {
    const files = readdirSync(join(ROOT, 'grafana', 'provisioning'), { recursive: true, encoding: 'utf8' });
    const provisioning = files
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => uncommented(read('grafana', 'provisioning', file)));
    const used = named(/(?<!\$)\$\{([A-Z_]+)\}/g, provisioning.join('\n'));
    expect(used.size).toBeGreaterThan(0);
    for (const variable of used) expect(Object.keys(stack.services.grafana!.environment!)).toContain(variable);
  });

  it('that are passwords have no value that everybody knows, and nothing starts without one', () => {
    const passwords = named(/^([A-Z_]*PASSWORD)=/gm, read('.env.example'));
    expect(passwords.size).toBe(4);
    for (const name of passwords) {
      expect(read('.env.example')).toMatch(new RegExp(`^${name}=$`, 'm'));
      for (const [whole] of text.matchAll(new RegExp(`\\$\\{${name}[^}]*\\}`, 'g'))) expect(whole).toMatch(/:\?is not set, \S/);
    }
  });
});

describe('Prometheus', () => {
  interface Job {
    job_name: string;
    static_configs?: { targets: string[] }[];
    dns_sd_configs?: { names: string[]; type: string; port: number }[];
  }
  const jobs: Job[] = parse(read('prometheus', 'prometheus.yml')).scrape_configs;
  const discovered = (job: string) => jobs.find(({ job_name }) => job_name === job)!.dns_sd_configs!;

  it('watches every engine, where it runs: by the name of its service, which no search domain completes', () => {
    expect(discovered('quantstream')).toEqual([
      expect.objectContaining({ names: engines.map(([name]) => `${name}.`), type: 'A', port: 9464 }),
    ]);
    for (const [, { environment }] of engines) expect(environment!.HTTP_LISTEN).toBe('0.0.0.0:9464');
    expect(stack.services.prometheus!.networks).toContain('internal');
  });

  it('expects nothing to be there that was not started, but itself', () => {
    const names = jobs.flatMap(({ dns_sd_configs = [] }) => dns_sd_configs.flatMap((one) => one.names));
    for (const name of names) expect(Object.keys(stack.services)).toContain(name.replace(/\.$/, ''));
    const fixed = jobs.flatMap(({ static_configs = [] }) => static_configs.flatMap(({ targets }) => targets));
    expect(fixed).toEqual(['localhost:9090']);
  });

  it('measures memory against the limit of the container, and nothing against a number of bytes', () => {
    const rules: { alert: string; expr: string }[] = parse(read('prometheus', 'rules.yml')).groups[0].rules;
    const memory = rules.find(({ alert }) => alert === 'MemoryHigh')!;
    expect(memory.expr).toContain('/ on (job, instance) quantstream_memory_limit_bytes');
    for (const { alert, expr } of rules) expect(expr, alert).not.toMatch(/[<>]=?\s*(\d{7,}|[\d.]+e\d)/);
    // The limit in its test is that of the container in docker-compose.yml.
    const limit = mebibytes(stack.services.detect!.deploy.resources.limits.memory) * 2 ** 20;
    expect(read('prometheus', 'rules.test.yml')).toContain(`'${limit}x70'`);
  });

  it('holds every rule to a case in which it fires and one in which it is silent', () => {
    const rules: { alert: string }[] = parse(read('prometheus', 'rules.yml')).groups[0].rules;
    const cases: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[] = parse(
      read('prometheus', 'rules.test.yml'),
    ).tests;
    const tried = cases.flatMap(({ alert_rule_test }) =>
      alert_rule_test.map(({ alertname, exp_alerts }) => `${alertname} ${exp_alerts.length > 0 ? 'fires' : 'is silent'}`),
    );
    for (const { alert } of rules) expect(tried).toEqual(expect.arrayContaining([`${alert} fires`, `${alert} is silent`]));
  });
});

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  it('starts every stage from one pinned image', () => {
    const images = named(/^FROM (?:--platform=\S+ )?(\S+)/gm, dockerfile);
    expect(images.size).toBe(1);
    expect([...images][0]).toMatch(/^node:24\.\d+\.\d+-bookworm-slim(@sha256:[0-9a-f]{64})?$/);
  });

  it('runs the command of the engine', () => {
    const { bin } = JSON.parse(read('engine', 'package.json'));
    expect(dockerfile).toContain(`ENTRYPOINT ["node", "${join('/app/engine', bin.engine).replaceAll('\\', '/')}"]`);
  });

  it('runs nothing in its last stage, so that it needs no emulator for another processor', () => {
    expect(dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))).not.toMatch(/^RUN /m);
  });
});

describe('pinning images', () => {
  const files = ['docker-compose.yml', 'Dockerfile'].map((file) => read(file));

  it('finds every image of others', () => {
    const tags = files.flatMap((file) => imagesOf(file).map(({ tag }) => tag));
    const others = services.filter(([name]) => !ENGINES.includes(name)).map(([, { image }]) => image.split('@')[0]);
    expect(tags).toEqual([...others, expect.stringMatching(/^node:/)]);
  });

  it('writes digests behind their tags, replaces older ones, and changes nothing else', () => {
    for (const file of files) {
      const digests = (digit: string) => new Map(imagesOf(file).map(({ tag }) => [tag, `sha256:${digit.repeat(64)}`]));
      const once = pinned(file, digests('a'));
      expect(imagesOf(once).map(({ digest }) => digest)).toEqual(imagesOf(file).map(() => `sha256:${'a'.repeat(64)}`));
      const twice = pinned(once, digests('b'));
      expect(twice).toBe(once.replaceAll('a'.repeat(64), 'b'.repeat(64)));
      const without = (one: string) => one.replace(/@sha256:[0-9a-f]{64}/g, '');
      expect(without(once)).toBe(without(file));
      expect(pinned(file, new Map())).toBe(file);
    }
  });
});

describe('terraform/azure', () => {
  const main = read('terraform', 'azure', 'main.tf');
  const variables = read('terraform', 'azure', 'variables.tf');
  const template = read('terraform', 'azure', 'cloud-init.yaml.tftpl');
  const given = main.slice(main.indexOf('templatefile('), main.indexOf('boot_diagnostics'));
  const values: Record<string, string> = {
    environment: 'POSTGRES_PASSWORD=one\nGF_PASSWORD=two\n',
    release: 'v1.2.3',
    release_url: 'https://example.org/quantstream-v1.2.3.tar.gz',
    release_sha256: 'ab'.repeat(32),
  };
  const rendered = template.replace(/\$\{(?:jsonencode\((\w+)\)|(\w+))\}/g, (_, encoded?: string, plain?: string) =>
    encoded === undefined ? values[plain!]! : JSON.stringify(values[encoded]),
  );

  it('renders a cloud-init file that is YAML, from exactly the values that main.tf gives', () => {
    expect(named(/\$\{(?:jsonencode\()?(\w+)\)?\}/g, template)).toEqual(new Set(Object.keys(values)));
    expect(named(/^ {4}(\w+) +=/gm, given)).toEqual(new Set(Object.keys(values)));
    expect(rendered).not.toMatch(/[$%]\{|undefined/);
    expect(rendered.startsWith('#cloud-config\n')).toBe(true);
    const config = parse(rendered);
    const files: { path: string; content: string; permissions?: string }[] = config.write_files;
    expect(files.find(({ path }) => path === '/etc/quantstream/env')).toMatchObject({
      content: values.environment,
      permissions: '0600',
    });
    for (const { path, content, permissions } of files) {
      if (content.startsWith('#!')) expect(permissions, path).toBe('0755');
    }
    expect(config.runcmd.join('\n')).toContain(`'${values.release_url}' '${values.release_sha256}'`);
  });

  it('holds no secret of its own, and sets what docker-compose.yml insists on', () => {
    expect(main + template).not.toMatch(/PASSWORD=(?!\$\{random_password)/);
    expect(main).toContain('GRAFANA_ADDRESS=${var.open_grafana ? "0.0.0.0" : "127.0.0.1"}');
    for (const required of named(/\$\{([A-Z_]+):\?/g, text))
      expect(main).toMatch(new RegExp(`${required}=\\$\\{random_password`));
  });

  it('explains every variable, and the example sets those that have no default', () => {
    const blocks = [...variables.matchAll(/^variable "(\w+)" \{\n([\s\S]*?)^\}/gm)];
    const required = blocks.filter(([, , body]) => !/^ {2}default /m.test(body!)).map((block) => block[1]!);
    expect(named(/^(\w+) +=/gm, read('terraform', 'azure', 'terraform.tfvars.example'))).toEqual(new Set(required));
    for (const [, name, body] of blocks) expect(body, name).toMatch(/^ {2}description = ".+"/m);
  });
});

describe('workflows', () => {
  const folder = join(ROOT, '.github', 'workflows');
  interface Job {
    'timeout-minutes'?: number;
    steps: { uses?: string; run?: string }[];
  }
  const workflows = readdirSync(folder).map((file) => {
    const source = readFileSync(join(folder, file), 'utf8');
    const { jobs, permissions, concurrency } = parse(source) as {
      jobs: Record<string, Job>;
      permissions: unknown;
      concurrency: unknown;
    };
    return {
      file,
      source,
      permissions,
      concurrency,
      jobs: Object.values(jobs),
      runs: Object.values(jobs).flatMap(({ steps }) => steps),
    };
  });

  it('begin with the right to read, end by themselves, and pin the actions of others to a commit', () => {
    expect(workflows.length).toBeGreaterThan(0);
    for (const { file, permissions, concurrency, jobs, runs } of workflows) {
      expect(permissions, file).toEqual({ contents: 'read' });
      expect(concurrency, file).toBeDefined();
      for (const job of jobs) expect(job['timeout-minutes'], file).toBeGreaterThan(0);
      for (const { uses } of runs) if (uses) expect(uses, file).toMatch(/@[0-9a-f]{40}$/);
    }
  });

  it('call only npm scripts and files that exist', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const commands = workflows.flatMap(({ runs }) => runs.map(({ run = '' }) => run)).join('\n');
    const called = named(/npm run (?:--\S+ )*([\w-]+)/g, commands);
    expect(called.size).toBeGreaterThan(0);
    for (const script of called) expect(Object.keys(scripts)).toContain(script);
    for (const script of named(/node (scripts\/\S+\.mjs)/g, commands)) expect(existsSync(join(ROOT, script)), script).toBe(true);
  });

  it('pack into a release every file that docker-compose.yml mounts', () => {
    const release = workflows.find(({ file }) => file === 'release.yml')!.source;
    const packed = release.match(/git archive [^|]+/)![0].split(/\s+/);
    expect(packed).toContain('docker-compose.yml');
    expect(packed).toContain('.env.example');
    for (const { source } of binds) {
      const path = source.slice(2);
      expect(
        packed.some((entry) => path === entry || path.startsWith(`${entry}/`)),
        path,
      ).toBe(true);
    }
  });
});
